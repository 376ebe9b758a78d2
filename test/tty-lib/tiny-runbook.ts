/**
 * A rollback as small as it can be, with one of each: a decision, a step that opens a debt, a slow step that may not run
 * twice, and a release. The slow one prints until there is a file `go`, so that a test says when it ends.
 */
export const tinyRunbook = `
walkback: 1
id: tiny
title: Take the tiny shop back
service: tiny
objective: 5m
maturity: draft
environments: { staging: { values: {} } }
probes:
  hold: { run: [sh, -c, 'test -e hold.on && echo on || echo off'] }
  effects: { run: [sh, -c, 'cat effects 2>/dev/null || echo none'] }
phases:
  - id: decide
    title: Decide
    steps:
      - id: which
        decide: Does the release have to go back?
        show: [hold]
        options:
          - { id: back, title: Roll back, goto: hold_on, reversible: seconds }
          - { id: nothing, title: 'No: leave it', end: not_needed }
        recommend: "'back'"
  - id: work
    title: Work
    steps:
      - id: hold_on
        title: Hold the pipeline
        run: [touch, hold.on]
        idempotent: true
        opens:
          id: hold
          title: The pipeline is held
          ttl: 30m
          release: { run: [rm, -f, hold.on] }
          proof: { probe: hold, expect: { equals: 'off' } }
      - id: slow
        title: Move the rows
        run: [sh, move.sh]
        timeout: 5m
        idempotent: false
        probe_after_crash: effects
        undo: { run: [sh, -c, 'echo undone >> effects'] }
  - id: validate
    title: Give back
    steps:
      - { id: give_back, title: Let the pipeline go, release: [hold] }
      - { id: done, title: Rolled back, end: rolled_back }
`;

/** The slow step: one line into \`effects\` for each time it ran. */
export const moveScript = `
echo moved >> effects
row=0
while [ ! -e go ]; do
  row=$((row + 1))
  echo "row $row is moved"
  sleep 0.05
done
echo every row is moved
`;
