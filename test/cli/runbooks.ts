/** Small runbooks for trying the program: each changes nothing but files beside it. */

/** Pauses, changes, gives back. `state` is read by the probe; every effect is a line in `effects`. */
export const simpleRunbook = `walkback: 1
id: simple
title: Look, change, give back
service: shop
owner: payments
objective: 10m
maturity: staging
environments:
  staging: { values: { place: here } }
probes:
  state: { run: [cat, state] }
phases:
  - id: work
    title: Work
    steps:
      - { id: look, title: Look, check: { run: [test, -d, .], expect: { exit: 0 } } }
      - id: pause
        title: Pause the jobs
        run: [sh, -c, "echo paused > state; echo pause >> effects; echo the jobs rest"]
        opens:
          id: jobs
          title: Jobs are paused
          release: { run: [sh, -c, "echo running > state; echo release >> effects"] }
          proof: { probe: state, expect: { equals: running } }
      - id: change
        title: Change it
        run: [sh, -c, "echo changed > out; echo change >> effects"]
        undo: { run: [sh, -c, "rm out; echo undo >> effects"] }
      - { id: give_back, title: Give back, release: [jobs] }
      - { id: done, end: rolled_back }
`;

/** Ends well without anybody's help: it only looks. */
export const lookingRunbook = `walkback: 1
id: looking
title: Only look
service: shop
owner: payments
objective: 10m
maturity: staging
environments:
  staging: {}
phases:
  - id: work
    title: Work
    steps:
      - { id: look, title: Look, check: { run: [test, -d, .], expect: { exit: 0 } } }
      - { id: done, end: not_needed }
`;
