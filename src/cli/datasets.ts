import { withActions } from "./_actions.ts";
import type { Command } from "./_command.ts";
import { vizActions } from "./_viz_actions.ts";

/** The datasets of the dashboard. */
export const datasets: Command = withActions(vizActions((client) => client.datasets, "NAME"), {
  force: { description: "delete it although maps use it" },
});
