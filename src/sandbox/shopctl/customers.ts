import { changedNames, mendCustomers, unmendCustomers } from '../database/customers.ts';
import { argument, exits, UsageError, type Command, type Context, type Exit } from './context.ts';
import { withDatabase } from './database.ts';

function customers(context: Context): Exit {
  const action = argument(context, 0, 'check, mend or unmend');
  switch (action) {
    case 'check': {
      const changed = withDatabase(context.folder, (database) => changedNames(context.folder, database));
      context.out(String(changed));
      return changed === 0 ? exits.yes : exits.no;
    }
    case 'mend': {
      const mended = withDatabase(context.folder, (database) => mendCustomers(context.folder, database));
      if (typeof mended === 'string') {
        context.err(mended);
        return exits.no;
      }
      context.out(`put ${mended} customers back`);
      return exits.yes;
    }
    case 'unmend':
      context.out(`took ${withDatabase(context.folder, unmendCustomers)} customers away again`);
      return exits.yes;
    default:
      throw new UsageError(`customers cannot ${action}`);
  }
}

export const customerCommands: Readonly<Record<string, Command>> = {
  customers: {
    usage: 'customers check | mend | unmend',
    about:
      'check: how many names are not what they were, 3 if any; mend: puts those back that orders point at, from the pinned backup',
    run: customers,
  },
};
