import { placeKey } from '../machine/place-key.ts';
import type { CurrentStep, Offer } from '../machine/view.ts';
import { commandText } from '../report/inert.ts';
import { readingText } from '../report/reading-text.ts';
import { clockText, durationText } from '../report/time.ts';
import type { LiveView } from '../session/client.ts';

const said = (name: string, value: string | null | undefined): readonly string[] =>
  value === null || value === undefined || value === ''
    ? []
    : [`  ${name}: ${value.replaceAll('\n', '\n    ')}`];

/** All that the full screen shows about one current step, before anybody says yes. */
export function cardLines(step: CurrentStep, live: LiveView): readonly string[] {
  return [
    `step ${String(step.number)} of ${String(step.of)} in ${step.phase.title}: ${step.title} (${placeKey(step.place)}, attempt ${String(step.attemptNumber)}) ${statusWord(step)}`,
    ...shownLines(step),
    ...liveLines(step, live),
    ...step.readings.map((reading) => `  reading: ${readingText(reading)}`),
    ...(step.before === undefined || step.problem !== null
      ? []
      : [
          `  attempt ${String(step.before.attempt)} did not pass: ${step.before.detail} (${step.before.code})`,
        ]),
    ...(step.problem === null ? [] : [`  problem: ${step.problem.detail} (${step.problem.code})`]),
    ...(step.probe === null ? [] : [`  probe: ${readingText(step.probe)}`]),
    ...questionLines(step),
    ...chosenLines(step),
    ...approvalLines(step),
  ];
}

const statusWord = ({ status, way }: CurrentStep): string =>
  `is ${status.replaceAll('_', ' ')}${way === 'undo' ? ' (undo)' : way === 'release' ? ' (gives back a debt)' : ''}`;

function shownLines({ shown, item }: CurrentStep): readonly string[] {
  if (shown === null) return [];
  return [
    ...said('for item', item === null ? null : JSON.stringify(item)),
    ...said('why', shown.why),
    ...said('WARNING', shown.warn),
    ...said('text', shown.body),
    ...said('by hand in the', shown.argv === null && shown.where !== 'workstation' ? shown.where : null),
    ...said('command', shown.argv === null ? null : commandText(shown.argv)),
    ...Object.entries(shown.env).flatMap(([name, value]) => said('with', `${name}=${value}`)),
    ...said('where', shown.argv === null ? null : `${shown.where}, at most ${durationText(shown.timeoutMs)}`),
    ...said('target', shown.target),
    ...said('good', shown.good),
    ...said('if it does not pass', shown.leads),
    ...said('undo', shown.undo),
    ...(shown.ponr === null ? [] : [`  NO WAY BACK after this. Lost: ${shown.ponr.lost}`]),
    ...said('gives back', shown.debt),
  ];
}

function liveLines({ attempt }: CurrentStep, { preview, usual }: LiveView): readonly string[] {
  return [
    ...(usual === null
      ? []
      : [
          `  usual: ${durationText(usual.p50Ms)} (p50), ${durationText(usual.p80Ms)} (p80), from ${String(usual.count)} runs`,
        ]),
    ...(preview === null || preview.attempt !== attempt
      ? []
      : [
          `  guard: ${preview.result} at ${clockText(preview.at)}${preview.detail === '' ? '' : `, ${preview.detail}`}; it is read again before the command`,
        ]),
  ];
}

function questionLines({ question }: CurrentStep): readonly string[] {
  if (question === null) return [];
  return [
    ...question.facts.map((reading) => `  fact: ${readingText(reading)}`),
    ...question.options.map(({ id, title, offered, why, reversible, needs }) =>
      [
        `  option ${id}: ${title}`,
        offered === 'pass'
          ? 'open'
          : offered === 'fail'
            ? `NOT open (${why})`
            : `open? unknown (${why}): needs a reason`,
        ...(reversible === null ? [] : [`reversible in ${reversible}`]),
        ...(needs.length === 0 ? [] : [`asks for ${needs.join(', ')}`]),
      ].join(', '),
    ),
    question.recommended === null
      ? `  no recommendation: ${question.because}`
      : `  recommended: ${question.recommended}${question.because === '' ? '' : `, because ${question.because}`}`,
  ];
}

/** A choice that is held open: until when, what was objected, and both words that can be typed. */
export function chosenLines({ chosen }: CurrentStep): readonly string[] {
  if (chosen === undefined) return [];
  const { title, by, until, objections } = chosen;
  return [
    objections.length === 0
      ? `  chosen: ${title}, by ${by}. Any strong objection? It acts at ${clockText(until)}; type object TEXT, or proceed REASON to act now`
      : `  chosen: ${title}, by ${by}, and met an objection: type proceed REASON, or answer again`,
    ...objections.map((objection) => `  objection by ${objection.by}: ${objection.text}`),
  ];
}

function approvalLines({ approval }: CurrentStep): readonly string[] {
  if (approval === null) return [];
  return [
    `  approval: ${String(approval.given.length)} of ${String(approval.needed)} by ${approval.role}${approval.given.length === 0 ? '' : ` (${approval.given.join(', ')})`}${approval.expiresAt === null ? '' : `, expires at ${clockText(approval.expiresAt)}`}`,
    `  request ${approval.request === '' ? '' : `digest ${approval.digest}`}:`,
    ...approval.request.split('\n').map((line) => `    ${line}`),
  ];
}

/** What a person may type for an offer; the same offers that the full screen has keys for. */
function offerWords(offer: Offer, { question }: CurrentStep): readonly string[] {
  switch (offer.intent) {
    case 'run':
      return [offer.confirm === 'name' ? `run (asks for the name ${offer.name ?? ''})` : 'run'];
    case 'skip':
      return [offer.override ? 'override REASON (skips it all the same)' : 'skip REASON'];
    case 'check_again':
      return ['check'];
    case 'retry':
      return ['retry'];
    case 'route':
      return [`go ${offer.to} REASON${offer.title === offer.to ? '' : ` (${offer.title})`}`];
    case 'resolve_doubt':
      return ['doubt done REASON', 'doubt not_done REASON', 'doubt run_again REASON'];
    case 'choose':
      return (question?.options ?? [])
        .filter(({ offered }) => offered !== 'fail')
        .map(({ id }) => `answer ${id} REASON`);
    case 'go_on':
      return ['proceed REASON'];
    case 'object':
      return ['object TEXT'];
    case 'sign':
      return ['sign NAME', 'deny REASON'];
    case 'report':
      return ['report pass TEXT', 'report fail TEXT', 'report unknown TEXT'];
    case 'type_value':
      return ['value VALUE'];
    case 'stop_command':
      return ['kill (stops the command now)'];
  }
}

/** One line that lists what can be typed for a step. */
export const offersLine = (step: CurrentStep): string =>
  `you can type: ${[...step.offers.flatMap((offer) => offerWords(offer, step)), 'note TEXT', 'help'].join(' | ')}`;
