// Kinds that clusters learn from somebody else, held against what their makers publish: prints a sentence for each mistake.
// The validators are made from the API's own types (@kubernetes-models). They pass over a field that they do not know, where
// a cluster warns and drops it; so whatever a validator never looked at is told as well.

const HOME = "./node_modules/@kubernetes-models";
const MAKERS = {
  "gateway.networking.k8s.io/v1": "gateway-api/_schemas/IoK8sSigsGatewayApiApisV1",
  "monitoring.coreos.com/v1":
    "prometheus-operator/_schemas/ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoringV1",
};

function watched(value, path, unseen) {
  if (value === null || typeof value !== "object") return value;
  const inside = Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, watched(each, `${path}.${key}`, unseen)]),
  );
  if (Array.isArray(value)) return Object.values(inside);
  for (const key of Object.keys(inside)) unseen.add(`${path}.${key}`);
  return new Proxy(inside, {
    get: (target, key) => {
      unseen.delete(`${path}.${String(key)}`);
      return target[key];
    },
  });
}

async function mistakes(manifest) {
  const name = `${manifest.kind} ${manifest.metadata.name}`;
  const maker = MAKERS[manifest.apiVersion];
  if (!maker) return [`${name}: nobody publishes ${manifest.apiVersion}`];
  let validate;
  try {
    ({ validate } = await import(`${HOME}/${maker}${manifest.kind}.js`));
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return [`${name}: ${manifest.apiVersion} has no such kind`];
  }
  const unseen = new Set();
  validate(watched(manifest, "", unseen));
  const wrong = (validate.errors ?? []).map((error) => `${error.instancePath.slice(1).replaceAll("/", ".")}: ${said(error)}`);
  const unknown = [...unseen].map((path) => `${path.slice(1)}: there is no such field`);
  return [...wrong, ...unknown].map((sentence) => `${name}: ${sentence}`);
}

const said = ({ keyword, params }) => `${keyword} ${JSON.stringify(params)}`;

const manifests = JSON.parse(process.env.MANIFESTS);
console.log(JSON.stringify((await Promise.all(manifests.map(mistakes))).flat()));
