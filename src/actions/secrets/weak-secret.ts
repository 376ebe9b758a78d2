import { Buffer } from 'node:buffer';

/** Masked, these would make logs unreadable and give the secret away by where it is masked. */
const commonWords = new Set(
  (
    'about abort access account admin administrator allow anonymous api app apps auth backup base boot branch build changed changeme ' +
    'check client cluster code command commit config connect count create data database date debug default delete demo deploy ' +
    'development disabled done down empty enabled environment error event exit failed failure false file files from green group ' +
    'guest hello home host http https image info input instance integer item items json letmein level line list local localhost ' +
    'login logs main manager master message metrics mode model name network node none null number object order orders output ' +
    'pass passed password path pods port post postgres primary prod production project proxy public query queue read ready ' +
    'release replica request response restart result role rollback root running schema script secret server service session ' +
    'shop staging start started state status step stop stopped string success switch system table target test tests text time ' +
    'timeout token trace true type undefined unknown update user username users value version wait warn warning welcome with ' +
    'work worker write yaml'
  ).split(' '),
);

const longestBytes = 16 * 1024;

/** Why a secret cannot be masked without making the rest unreadable, or null. */
export function weaknessOf(secret: string): string | null {
  const bare = secret.trim();
  if (bare.length < 4) return 'is shorter than 4 characters';
  if (commonWords.has(bare.toLowerCase())) return 'is a common word';
  if (/^\d{1,5}$/u.test(bare)) return 'is a short number';
  if (new Set(bare).size === 1) return 'is one character repeated';
  return Buffer.byteLength(secret) > longestBytes ? 'is longer than 16 KB' : null;
}
