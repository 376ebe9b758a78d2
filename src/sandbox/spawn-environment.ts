/** What the sandbox's processes inherit: where to find git, and nothing else of the person's environment. */
export const inheritedPath = (): string => process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
