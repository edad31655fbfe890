// Sanitises the HTML of footers. MIT, no permissions; loaded only for a footer that holds markup.
export { FilterXSS } from "npm:xss@1.0.17";
