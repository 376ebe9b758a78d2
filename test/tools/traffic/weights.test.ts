import { describe, expect, test } from 'vitest';
import { haproxyWithWeights, weightsInHaproxy } from '../../../src/tools/traffic/haproxy-config.ts';
import { parseWeights, shareOf, weightsFor, weightsText } from '../../../src/tools/traffic/model.ts';
import { nginxWithWeights, tellsWeights, weightsInNginx } from '../../../src/tools/traffic/nginx-config.ts';

describe('weights', () => {
  test.each([
    [1, 1, 10, 'a1=1 b1=9'],
    [2, 2, 10, 'a1=1 a2=1 b1=9 b2=9'],
    [1, 3, 10, 'a1=1 b1=3 b2=3 b3=3'],
    [2, 1, 100, 'a1=1 a2=1 b1=0'],
    [2, 1, 0, 'a1=0 a2=0 b1=1'],
    [2, 3, 50, 'a1=3 a2=3 b1=2 b2=2 b3=2'],
  ])('%d prior and %d current servers at %d %% are %s', (prior, current, percent, text) => {
    const pools = {
      prior: Array.from({ length: prior }, (_, at) => `a${at + 1}`),
      current: Array.from({ length: current }, (_, at) => `b${at + 1}`),
    };
    const weights = weightsFor(pools, percent);
    expect(weights === null ? null : weightsText(weights)).toBe(text);
    expect(shareOf(weights ?? {}, pools.prior)).toBeCloseTo(percent, 1);
  });

  test('a share that needs more than 256 is refused, and no weight at all is no share', () => {
    const names = (count: number) => Array.from({ length: count }, (_, at) => `s${at}`);
    expect(weightsFor({ prior: names(7), current: names(100).slice(7) }, 99)).toBeNull();
    expect(shareOf({ a: 0 }, ['a'])).toBeNull();
  });

  test('what is printed is read back, and anything else is refused', () => {
    expect(parseWeights('b=9 a=1')).toEqual({ a: 1, b: 9 });
    for (const wrong of ['', 'a', 'a=x', 'a=1 a=2', 'a=257', 'a=1;b']) expect(parseWeights(wrong)).toBeNull();
  });
});

const haproxyFile = `global
  stats socket /run/admin.sock level admin
backend other
  server blue1 10.0.0.1:80 weight 7
backend shop
  balance roundrobin
  # server old 10.0.0.9:80 weight 3
  server blue1 10.0.0.1:80 check weight 0 # the prior release
  server green1 10.0.0.2:80 check
frontend front
  default_backend shop
`;

test('a HAProxy file gets other weights in one backend, and nothing else in it changes', () => {
  expect(weightsInHaproxy(haproxyFile, 'shop')).toEqual({ blue1: 0, green1: 1 });
  const changed = haproxyWithWeights(haproxyFile, 'shop', { blue1: 1, green1: 9 });
  expect(weightsInHaproxy(changed, 'shop')).toEqual({ blue1: 1, green1: 9 });
  expect(changed).toBe(
    haproxyFile
      .replace('check weight 0 # the', 'check weight 1 # the')
      .replace('server green1 10.0.0.2:80 check', 'server green1 10.0.0.2:80 check weight 9'),
  );
  expect(haproxyWithWeights(changed, 'shop', { blue1: 0, green1: 1 })).toContain(
    'weight 0 # the prior release',
  );
});

const nginxFile = `upstream other { server 10.0.0.1:80 weight=3; # blue1
}
upstream shop {
  server 10.0.0.1:80 down max_fails=1; # blue1
  server 10.0.0.2:80 max_fails=1; # green1
}
map $host $walkback_weights { default "blue1=0 green1=1"; }
`;

test('an nginx file gets other weights in one upstream, says them in its variable, and nothing else changes', () => {
  expect(weightsInNginx(nginxFile, 'shop')).toEqual({ blue1: 0, green1: 1 });
  const changed = nginxWithWeights(nginxFile, 'shop', { blue1: 1, green1: 9 }, 'blue1=1 green1=9');
  expect(weightsInNginx(changed, 'shop')).toEqual({ blue1: 1, green1: 9 });
  expect(changed).toContain('server 10.0.0.1:80 max_fails=1 weight=1; # blue1');
  expect(changed).toContain('default "blue1=1 green1=9"');
  expect(changed).toContain('upstream other { server 10.0.0.1:80 weight=3; # blue1');
  const back = nginxWithWeights(changed, 'shop', { blue1: 0, green1: 9 }, 'x');
  expect(back).toContain('server 10.0.0.1:80 max_fails=1 down; # blue1');
  expect(tellsWeights('upstream shop { }')).toBe(false);
});

test('a server of HAProxy without a weight of its own has the weight that its section or its defaults give', () => {
  const text = `defaults base
  default-server inter 2s weight 50
defaults
  mode http
  default-server weight 100 check # as everywhere
backend own
  server before 10.0.0.1:80
  default-server weight 7
  server after 10.0.0.2:80
backend named from base
  server one 10.0.0.3:80
backend shop
  server blue1 10.0.0.1:80
  server green1 10.0.0.2:80 weight 9
`;
  expect(weightsInHaproxy(text, 'own')).toEqual({ before: 100, after: 7 });
  expect(weightsInHaproxy(text, 'named')).toEqual({ one: 50 });
  // 10 % for blue1: a file that left out its weight would give it 100 parts of 109 after a reload
  const changed = haproxyWithWeights(text, 'shop', { blue1: 1, green1: 9 });
  expect(changed).toBe(text.replace('blue1 10.0.0.1:80', 'blue1 10.0.0.1:80 weight 1'));
});

test.each([
  ['a server without a name', '  server 10.0.0.3:80;'],
  ['two servers on one line', '  server 10.0.0.3:80; server 10.0.0.4:80; # green2'],
  ['two servers of one name', '  server 10.0.0.3:80; # green1'],
])('%s in an upstream of nginx would get traffic that nobody counts: it is refused', (_what, line) => {
  const text = nginxFile.replace('# green1\n', `# green1\n${line}\n`);
  expect(() => weightsInNginx(text, 'shop')).toThrow(/upstream shop has \d servers, and \d names/);
  expect(weightsInNginx(text, 'other')).toEqual({});
});
