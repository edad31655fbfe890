/** Who besides the owner may see or change a dataset or map: one entry of its list. */
export interface AclEntry {
  /** Whether `entity` is a user, a whole organisation, or a group of one. */
  readonly type: "user" | "org" | "group";
  /** Who it is, by id; the server adds names. */
  readonly entity: { readonly id: string; readonly [member: string]: unknown };
  /** `r` to read, `rw` to read and write, `n` for nothing. */
  readonly access: "r" | "rw" | "n";
}

/** Whose a dataset or map is and with whom it is shared. Members beyond these pass through. */
export interface Permission {
  /** The permission's own id, a UUID. */
  readonly id: string;
  /** The owner. */
  readonly owner?: { readonly id: string; readonly username?: string | null | undefined } | null | undefined;
  /** With whom it is shared; missing for those who may only read it. */
  readonly acl?: readonly AclEntry[] | null | undefined;
  /** What else the server tells. */
  readonly [member: string]: unknown;
}
