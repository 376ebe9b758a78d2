import { z } from 'zod';
import { look, nothing, said, together, type Discovery, type Finding, type Place } from './look.ts';

const labels = z.record(z.string(), z.string()).optional();
const containers = z.array(
  z.object({
    name: z.string(),
    image: z.string(),
    ports: z.array(z.object({ containerPort: z.number() })).optional(),
  }),
);
const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels,
  annotations: labels,
});
const template = z.object({ spec: z.object({ containers }) });
const deploymentList = z.object({
  items: z.array(
    z.object({ metadata, spec: z.object({ selector: z.object({ matchLabels: labels }), template }) }),
  ),
});
const setList = z.object({ items: z.array(z.object({ metadata, spec: z.object({ template }) })) });
const owners = z.array(z.object({ kind: z.string(), name: z.string() })).optional();
const applicationList = z.object({
  items: z.array(
    z.object({
      metadata: metadata.extend({ ownerReferences: owners }),
      spec: z.object({ destination: z.object({ namespace: z.string().optional() }).optional() }),
    }),
  ),
});
type Deployment = z.infer<typeof deploymentList>['items'][number];

/** What the context of the operator's kubeconfig says: the namespace, its Deployments, their revisions, Argo CD. */
export async function discoverKubernetes(place: Place, wanted: string | null): Promise<Discovery> {
  const current = ['kubectl', 'config', 'current-context'];
  const context = await look(place, current);
  if (!context.ok) return { ...nothing, skipped: [context.why] };
  const configured = await look(place, [
    'kubectl',
    'config',
    'view',
    '--minify',
    '-o=jsonpath={..namespace}',
  ]);
  const namespace = configured.ok && configured.out !== '' ? configured.out : 'default';
  const kubectl = [
    'kubectl',
    `--context=${context.out}`,
    `--namespace=${namespace}`,
    `--request-timeout=${String(Math.ceil(place.timeoutMs / 1000))}s`,
  ];
  const base: readonly Finding[] = [
    { key: 'context', value: context.out, source: said(current) },
    { key: 'namespace', value: namespace, source: 'the context of the kubeconfig' },
  ];
  const uidCommand = [...kubectl, 'get', 'namespace', namespace, '-o=jsonpath={.metadata.uid}'];
  const uid = await look(place, uidCommand);
  if (!uid.ok) return { ...nothing, findings: base, skipped: [uid.why] };
  const findings = [...base, { key: 'namespace_uid', value: uid.out, source: 'kubectl get namespace' }];
  return together([
    { ...nothing, findings },
    await discoverDeployment(place, kubectl, wanted),
    await discoverArgo(place, kubectl, namespace, wanted),
  ]);
}

async function read<Kind>(
  place: Place,
  argv: readonly string[],
  schema: z.ZodType<Kind>,
): Promise<Kind | string> {
  const answer = await look(place, argv);
  if (!answer.ok) return answer.why;
  try {
    const parsed = schema.safeParse(JSON.parse(answer.out));
    return parsed.success ? parsed.data : `${said(argv)} answers something else than expected`;
  } catch {
    return `${said(argv)} answers no JSON`;
  }
}

const revisionKey = 'deployment.kubernetes.io/revision';

async function discoverDeployment(
  place: Place,
  kubectl: readonly string[],
  wanted: string | null,
): Promise<Discovery> {
  const list = await read(place, [...kubectl, 'get', 'deployments', '-o=json'], deploymentList);
  if (typeof list === 'string') return { ...nothing, skipped: [list] };
  const images = list.items.map(
    (one) =>
      `Deployment ${one.metadata.name}: ${one.spec.template.spec.containers.map(({ image }) => image).join(', ')}, revision ${one.metadata.annotations?.[revisionKey] ?? 'unknown'}`,
  );
  const chosen = chosenOf(list.items, wanted);
  if (chosen === null)
    return {
      ...nothing,
      notes: [
        ...images,
        list.items.length === 0
          ? 'There is no Deployment in this namespace.'
          : 'Which of them it is about is asked; --deployment NAME settles it.',
      ],
      examples: list.items[0] === undefined ? {} : { deployment: list.items[0].metadata.name },
    };
  const { name } = chosen.metadata;
  const source = `kubectl get deployment ${name}`;
  const [container, ...others] = chosen.spec.template.spec.containers;
  const selector = Object.entries(chosen.spec.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const port = container?.ports?.[0]?.containerPort;
  return together([
    {
      ...nothing,
      notes: images,
      findings: [
        { key: 'deployment', value: name, source: 'kubectl get deployments' },
        ...(selector === '' ? [] : [{ key: 'selector', value: selector, source }]),
        ...(container === undefined || others.length > 0
          ? []
          : [{ key: 'container', value: container.name, source }]),
        ...(port === undefined ? [] : [{ key: 'port', value: String(port), source }]),
      ],
    },
    await discoverRevisions(place, kubectl, chosen, selector),
  ]);
}

/** The one that was named, the one that the runbook is called after, or the only one. */
function chosenOf(deployments: readonly Deployment[], wanted: string | null): Deployment | null {
  const named = deployments.find(({ metadata: { name } }) => name === wanted);
  const only = deployments.length === 1 ? deployments[0] : undefined;
  return named ?? only ?? null;
}

async function discoverRevisions(
  place: Place,
  kubectl: readonly string[],
  { metadata: { name, annotations } }: Deployment,
  selector: string,
): Promise<Discovery> {
  const list = await read(place, [...kubectl, 'get', 'replicasets', '-l', selector, '-o=json'], setList);
  if (typeof list === 'string') return { ...nothing, skipped: [list] };
  const revisions = list.items
    .map(({ metadata: set, spec }) => ({
      revision: Number(set.annotations?.[revisionKey] ?? 0),
      image: spec.template.spec.containers[0]?.image ?? '',
    }))
    .filter(({ revision }) => revision > 0)
    .toSorted((one, other) => other.revision - one.revision);
  const live = Number(annotations?.[revisionKey] ?? 0);
  const before = revisions.find(({ revision }) => revision < live);
  const digest = before?.image.split('@')[1];
  const pinned =
    digest === undefined && before !== undefined
      ? [
          `The image before (${before.image}) is not pinned by its digest: a tag may stand for another image today.`,
        ]
      : [];
  return {
    ...nothing,
    notes: [
      ...revisions
        .slice(0, 5)
        .map(
          ({ revision, image }) =>
            `kubectl rollout history ${name}: revision ${String(revision)} ran ${image}`,
        ),
      ...pinned,
    ],
    examples: {
      ...(before === undefined ? {} : { revision: String(before.revision) }),
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

async function discoverArgo(
  place: Place,
  kubectl: readonly string[],
  namespace: string,
  wanted: string | null,
): Promise<Discovery> {
  const argv = [...kubectl, 'get', 'applications.argoproj.io', '--all-namespaces', '-o=json'];
  const list = await read(place, argv, applicationList);
  const source = 'kubectl get applications.argoproj.io';
  if (typeof list === 'string') {
    // a cluster that does not know the kind has no Argo CD; anything else is not known
    if (!/doesn't have a resource type|NotFound|could not find/i.test(list))
      return { ...nothing, skipped: [list] };
    return { ...nothing, findings: [{ key: 'gitops', value: 'none', source }, ...withoutArgo(source)] };
  }
  const here = list.items.filter(({ spec }) => spec.destination?.namespace === namespace);
  const one =
    here.find(({ metadata: { name } }) => name === wanted) ?? (here.length === 1 ? here[0] : undefined);
  const notes = list.items.map(
    ({ metadata: { name, namespace: at = '' }, spec }) =>
      `Argo CD: application ${at}/${name} deploys to ${spec.destination?.namespace ?? 'a namespace that it does not name'}`,
  );
  if (here.length === 0)
    return {
      ...nothing,
      notes,
      findings: [{ key: 'gitops', value: 'none', source }, ...withoutArgo(source)],
    };
  if (one === undefined)
    return {
      ...nothing,
      notes,
      findings: [{ key: 'gitops', value: 'argocd', source }],
      examples: { application: here[0]?.metadata.name ?? '' },
    };
  const set = one.metadata.ownerReferences?.find(({ kind }) => kind === 'ApplicationSet');
  const parent =
    one.metadata.labels?.['app.kubernetes.io/instance'] ??
    one.metadata.annotations?.['argocd.argoproj.io/tracking-id']?.split(':')[0];
  return {
    ...nothing,
    notes,
    findings: [
      { key: 'gitops', value: 'argocd', source },
      { key: 'argocd', value: one.metadata.namespace ?? 'argocd', source },
      { key: 'application', value: one.metadata.name, source },
      {
        key: 'owner',
        value:
          set !== undefined
            ? `ApplicationSet/${set.name}`
            : parent === undefined
              ? 'none'
              : `Application/${parent}`,
        source,
      },
    ],
  };
}

/** What is not asked where there is no Argo CD. */
const withoutArgo = (source: string): readonly Finding[] =>
  ['argocd', 'application', 'owner'].map((key) => ({ key, value: 'none', source }));
