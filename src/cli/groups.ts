import type { ToolKit } from './tools/tool-kit.ts';

/** Commands that are described in one file: where one of them is called, only that file is read. */
export interface Group {
  readonly names: readonly string[];
  readonly add: (kit: ToolKit) => Promise<void>;
}

/** Every group, in the order of `walkback --help`. */
export const groups: readonly Group[] = [
  {
    names: ['run', 'resume', 'rebase', 'abort', 'drill'],
    add: async (kit) => (await import('./groups/walking.ts')).addWalkingCommands(kit),
  },
  {
    names: ['sandbox'],
    add: async (kit) => (await import('./groups/sandbox.ts')).addSandboxCommands(kit),
  },
  {
    names: ['check', 'evaluate', 'lint', 'plan', 'graph', 'migrate', 'fmt', 'new'],
    add: async (kit) => (await import('./groups/runbooks.ts')).addRunbookCommands(kit),
  },
  {
    names: ['watch', 'proposals', 'stay'],
    add: async (kit) => (await import('./groups/alerts.ts')).addAlertCommands(kit),
  },
  {
    names: ['sessions', 'history', 'stats', 'show', 'export', 'verify', 'obligations'],
    add: async (kit) => (await import('./groups/records.ts')).addRecordCommands(kit),
  },
  {
    names: ['approve', 'note', 'drift', 'doctor'],
    add: async (kit) => (await import('./groups/telling.ts')).addTellingCommands(kit),
  },
  {
    names: ['status', 'postmortem', 'learn', 'actions'],
    add: async (kit) => (await import('./groups/learning.ts')).addLearningCommands(kit),
  },
  {
    names: ['deploy'],
    add: async (kit) => (await import('./groups/deployments.ts')).addDeployCommands(kit),
  },
  {
    names: ['data'],
    add: async (kit) => (await import('./tools/data.ts')).addDataCommands(kit),
  },
  {
    names: ['lease'],
    add: async (kit) => (await import('./tools/lease-group.ts')).addLeaseCommands(kit),
  },
  {
    names: ['pipeline'],
    add: async (kit) => (await import('./tools/pipeline.ts')).addPipelineCommands(kit),
  },
  {
    names: ['jobs'],
    add: async (kit) => (await import('./tools/jobs.ts')).addJobCommands(kit),
  },
  {
    names: ['silence'],
    add: async (kit) => (await import('./tools/silence.ts')).addSilenceCommands(kit),
  },
  {
    names: ['errors'],
    add: async (kit) => (await import('./tools/errors.ts')).addErrorCommand(kit),
  },
  {
    names: ['traffic'],
    add: async (kit) => (await import('./tools/traffic.ts')).addTrafficCommands(kit),
  },
  {
    names: ['planned'],
    add: async (kit) => (await import('./tools/planned-group.ts')).addPlannedCommands(kit),
  },
  {
    names: ['schema'],
    add: async (kit) => (await import('./tools/schema.ts')).addSchemaCommands(kit),
  },
  {
    names: ['freeze'],
    add: async (kit) => (await import('./tools/freeze.ts')).addFreezeCommands(kit),
  },
];
