import { supervise } from './supervisor.ts';
import type { SupervisorOptions } from './protocol.ts';

/** The supervisor's own program. Its one argument comes from `openSupervisorLink`, as JSON. */
const options: SupervisorOptions = JSON.parse(process.argv[2] ?? '');
supervise(options);
