import { startShop, type RunningShop } from './shop.ts';
import type { FromChild, ToShop } from './conditions.ts';

/** The role `shop`: waits for its orders from the platform, and goes when the platform goes. */
export function runShopProcess(): void {
  let shop: RunningShop | null = null;
  const answer = (message: FromChild): void => {
    process.send?.(message);
  };
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => {
    void (shop?.close() ?? Promise.resolve()).then(() => process.exit(0));
  });
  process.on('message', (message: ToShop) => {
    if (message.type === 'conditions') {
      shop?.setConditions(message.conditions);
      return;
    }
    startShop(message).then(
      (started) => {
        shop = started;
        answer({ type: 'ready', port: started.port });
      },
      (error: unknown) => {
        answer({ type: 'failed', why: error instanceof Error ? error.message : String(error) });
        process.exit(1);
      },
    );
  });
}
