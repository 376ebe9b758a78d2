import type { Desk } from './desk.ts';
import { pastedSignature } from './pasted-signature.ts';

/** Shows what is to be signed and takes the pasted signature; null where it was not a whole one. */
export async function readSignature(desk: Desk, request: string): Promise<string | null> {
  desk.say(
    'Sign exactly the request below (without the spaces before its lines), with: ssh-keygen -Y sign -n walkback -f KEY FILE',
  );
  desk.say(request.replaceAll(/^/gm, '    '));
  const signature = await pastedSignature(desk);
  if (signature === null) desk.say('not signed: that was not a whole SSH signature');
  return signature;
}
