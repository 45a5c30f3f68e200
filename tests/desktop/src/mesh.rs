//! What kubectl and istioctl say about a mesh, past the application.
//!
//! Entry point: [`Mesh::install`]. The three Istio versions of the bed are one source under three
//! stamps: true for how an upgrade runs, silent about what changed between the releases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use meshlift_bed::{Bed, Workload};
use serde_json::{Value, json};

/// How long istiod may take to see the last proxy come and go.
const SETTLES: Duration = Duration::from_secs(30);

/// A real mesh on a bed: two namespaces with five workloads.
pub struct Mesh {
    /// The bed.
    pub bed: Bed,
    /// Name of the bed's context.
    pub context: String,
    values: PathBuf,
    gateways: usize,
}

/// How long an object may take to appear after what leads to it.
const APPEARS: Duration = Duration::from_mins(1);

/// Proxies by pod, as `namespace/pod`, with the revision that injected each and its version.
pub type Proxies = BTreeMap<String, (String, String)>;

/// Pods of the two namespaces.
const PODS: usize = 9;
/// Their workloads.
const WORKLOADS: usize = 5;

impl Mesh {
    /// Installs Istio and starts the workloads. The revision is `default` for an install without.
    pub async fn install(version: &str, revision: &str) -> anyhow::Result<Self> {
        Self::install_with(version, revision, &[]).await
    }

    /// The same with ingress gateways of these names.
    pub async fn install_with(
        version: &str,
        revision: &str,
        gateways: &[&str],
    ) -> anyhow::Result<Self> {
        let bed = Bed::start().await?;
        let rendered: Vec<String> = gateways
            .iter()
            .enumerate()
            .flat_map(|(index, name)| {
                let at = format!("components.ingressGateways[{index}]");
                [format!("{at}.name={name}"), format!("{at}.enabled=true")]
            })
            .collect();
        let rendered: Vec<&str> = rendered.iter().map(String::as_str).collect();
        bed.install(version, revision, &rendered).await?;
        let context = context_of(&bed).await?;
        let values = bed.directory().join("install.yaml");
        std::fs::write(&values, operator(revision, gateways))
            .context("failed to write the install values")?;
        let label = match revision {
            "default" => ("istio-injection", "enabled"),
            revision => ("istio.io/rev", revision),
        };
        bed.workloads("shop", &[label], &shop()).await?;
        bed.workloads("catalog", &[label], &catalog()).await?;
        Ok(Self { bed, context, values, gateways: gateways.len() })
    }

    /// The file that the mesh was installed with.
    pub fn values(&self) -> &Path {
        &self.values
    }

    /// Address of the API server, without the scheme.
    pub fn server(&self) -> String {
        self.bed.api_server_url()
    }

    /// The revision that the tag `default` names.
    pub async fn default_tag(&self) -> anyhow::Result<String> {
        let list = self.bed.istioctl("1.31.1", &["tag", "list", "-o", "json"]).await?.checked()?;
        let list: Vec<Value> = serde_json::from_str(&list).context("the tags are no JSON")?;
        let default = list.iter().find(|tag| tag["tag"] == "default");
        let revision = default.and_then(|tag| tag["revision"].as_str());
        revision.map(str::to_owned).with_context(|| format!("no default tag in {list:?}"))
    }

    /// The injected pods of both namespaces.
    pub async fn proxies(&self) -> anyhow::Result<Proxies> {
        let mut proxies = Proxies::new();
        for namespace in ["shop", "catalog"] {
            let pods = self.bed.json(&["-n", namespace, "get", "pods"]).await?;
            let pods = pods["items"].as_array().cloned().unwrap_or_default();
            let living = pods.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
            proxies.extend(living.filter_map(proxy_of));
        }
        Ok(proxies)
    }

    /// Expects every pod of both namespaces on this revision and version, counted.
    pub async fn expect_everything_on(&self, revision: &str, version: &str) -> anyhow::Result<()> {
        let wanted = (revision.to_owned(), version.to_owned());
        self.bed
            .wait_for(&format!("{PODS} pods on {revision} {version}"), SETTLES, || async {
                let found = self.proxies().await?;
                ensure!(
                    found.len() == PODS && found.values().all(|proxy| *proxy == wanted),
                    "kubectl finds {found:?}"
                );
                Ok(true)
            })
            .await?;
        self.expect_connected(revision, version).await
    }

    /// A label of a namespace.
    pub async fn label(&self, namespace: &str, label: &str) -> anyhow::Result<Option<String>> {
        let found = self.bed.json(&["get", "namespace", namespace]).await?;
        Ok(found["metadata"]["labels"][label].as_str().map(str::to_owned))
    }

    /// How many pod templates each workload of the two namespaces has had.
    pub async fn templates(&self) -> anyhow::Result<BTreeMap<String, usize>> {
        let mut templates = BTreeMap::new();
        for namespace in ["shop", "catalog"] {
            let kinds = "replicasets,controllerrevisions";
            let list = self.bed.json(&["-n", namespace, "get", kinds]).await?;
            for object in list["items"].as_array().into_iter().flatten() {
                let owner = &object["metadata"]["ownerReferences"][0]["name"];
                let name = format!("{namespace}/{}", owner.as_str().unwrap_or_default());
                *templates.entry(name).or_default() += 1;
            }
        }
        ensure!(templates.len() == WORKLOADS, "kubectl finds {templates:?}");
        Ok(templates)
    }

    /// What a canary may change and a revoke must put back: labels of namespaces, and every webhook
    /// and validator with what it selects and whom it asks.
    pub async fn fingerprint(&self) -> anyhow::Result<BTreeMap<String, Value>> {
        let mut found = BTreeMap::new();
        for kind in
            ["namespaces", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
        {
            let list = self.bed.json(&["get", kind]).await?;
            for object in list["items"].as_array().into_iter().flatten() {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                let kept = json!({
                    "labels": object["metadata"]["labels"],
                    "webhooks": object["webhooks"],
                });
                found.insert(format!("{kind}/{name}"), kept);
            }
        }
        Ok(found)
    }

    /// How often everything was written that an upgrade writes, by `kind/namespace/name`: its resource
    /// version. Pods, and what leaders renew, change by themselves and are left out.
    pub async fn written(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let kinds = "namespaces,deployments,statefulsets,mutatingwebhookconfigurations,\
            validatingwebhookconfigurations";
        let list = self.bed.json(&["get", kinds, "--all-namespaces"]).await?;
        let objects = list["items"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let written: BTreeMap<_, _> = objects
            .map(|object| {
                let metadata = &object["metadata"];
                let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
                let key = format!("{}/{namespace}/{name}", text(&object["kind"]));
                (key, text(&metadata["resourceVersion"]))
            })
            .collect();
        ensure!(written.len() > WORKLOADS, "kubectl finds {written:?}");
        Ok(written)
    }

    /// Waits until an object of `istio-system` is there.
    pub async fn object_appears(&self, kind: &str, name: &str) -> anyhow::Result<()> {
        let arguments =
            ["-n", "istio-system", "get", kind, name, "--ignore-not-found", "-o", "name"];
        self.bed
            .wait_for(&format!("{kind} {name}"), APPEARS, || async {
                Ok(!self.bed.kubectl(&arguments).await?.checked()?.trim().is_empty())
            })
            .await
    }

    /// UID of a Deployment of `istio-system`: one that is deleted and made again is another one.
    pub async fn uid_of(&self, deployment: &str) -> anyhow::Result<String> {
        let found = self.bed.json(&["-n", "istio-system", "get", "deployment", deployment]).await?;
        let uid = found["metadata"]["uid"].as_str();
        uid.map(str::to_owned).with_context(|| format!("{deployment} has no UID: {found}"))
    }

    /// Every object of a revision that still exists, as `kind/name`.
    pub async fn objects_of(&self, revision: &str) -> anyhow::Result<BTreeSet<String>> {
        let mut found = self.list(&["--selector", &format!("istio.io/rev={revision}")]).await?;
        found.extend(self.leases_of(revision).await?);
        Ok(found)
    }

    /// Leases of a revision, which istiod makes without a label.
    pub async fn leases_of(&self, revision: &str) -> anyhow::Result<BTreeSet<String>> {
        let list = ["-n", "istio-system", "get", "leases", "--output", "name"];
        let text = self.bed.kubectl(&list).await?.checked()?;
        let own = text.lines().filter(|line| line.ends_with(&format!("-{revision}")));
        Ok(own.map(str::to_owned).collect())
    }

    /// Every object of the kinds that an install makes, whoever made it.
    pub async fn objects(&self) -> anyhow::Result<BTreeSet<String>> {
        self.list(&[]).await
    }

    async fn list(&self, filter: &[&str]) -> anyhow::Result<BTreeSet<String>> {
        let kinds = "deployments,services,serviceaccounts,configmaps,horizontalpodautoscalers,\
            poddisruptionbudgets,roles,rolebindings,clusterroles,clusterrolebindings,\
            mutatingwebhookconfigurations,validatingwebhookconfigurations";
        let list = ["get", kinds, "--all-namespaces", "--output", "name"];
        let text = self.bed.kubectl(&[&list, filter].concat()).await?.checked()?;
        let objects = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(objects.map(str::to_owned).collect())
    }

    /// Expects istioctl to count as many proxies as there are pods and gateways, all of this version.
    async fn expect_connected(&self, revision: &str, version: &str) -> anyhow::Result<()> {
        let arguments = ["version", "--revision", revision, "-o", "json"];
        let count = PODS + self.gateways;
        self.bed
            .wait_for(&format!("{count} proxies connected to {revision}"), SETTLES, || async {
                let text = self.bed.istioctl(version, &arguments).await?.checked()?;
                let answer: Value = serde_json::from_str(&text)?;
                let proxies = answer["dataPlaneVersion"].as_array().cloned().unwrap_or_default();
                let versions: Vec<&str> = proxies
                    .iter()
                    .filter_map(|proxy| proxy["IstioVersion"].as_str())
                    // istioctl's own connection has no real version.
                    .filter(|version| !version.starts_with("65536"))
                    .collect();
                ensure!(versions == vec![version; count], "istioctl counts {versions:?}");
                Ok(true)
            })
            .await
    }
}

fn shop() -> [Workload; 3] {
    [
        Workload::deployment("cart", 3),
        Workload::deployment("checkout", 2),
        Workload::stateful_set("orders-db", 1),
    ]
}

fn catalog() -> [Workload; 2] {
    [Workload::deployment("search", 2), Workload::deployment("images", 1)]
}

/// What [`Bed::install`] sets, as the file that somebody would have installed from.
fn operator(revision: &str, gateways: &[&str]) -> String {
    let revision = match revision {
        "default" => String::new(),
        revision => format!("  revision: {revision}\n"),
    };
    let gateways: Vec<_> =
        gateways.iter().map(|name| json!({ "name": name, "enabled": true })).collect();
    let components = match &gateways[..] {
        [] => String::new(),
        gateways => format!("  components: {}\n", json!({ "ingressGateways": gateways })),
    };
    format!(
        "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec:\n  profile: minimal\n{revision}{components}"
    )
}

async fn context_of(bed: &Bed) -> anyhow::Result<String> {
    let name = bed.kubectl(&["config", "current-context"]).await?.checked()?;
    Ok(name.trim().to_owned())
}

fn proxy_of(pod: &Value) -> Option<(String, (String, String))> {
    let metadata = &pod["metadata"];
    let containers = ["containers", "initContainers"].into_iter();
    let mut proxies = containers
        .filter_map(|list| pod["spec"][list].as_array())
        .flatten()
        .filter(|container| container["name"] == "istio-proxy");
    // A pod with two was injected twice, and is on no revision that anybody expects.
    let (proxy, None) = (proxies.next()?, proxies.next()) else { return None };
    let version = proxy["image"].as_str()?.rsplit_once(':')?.1.to_owned();
    let status = metadata["annotations"]["sidecar.istio.io/status"].as_str()?;
    let status: Value = serde_json::from_str(status).ok()?;
    let revision = status["revision"].as_str()?.to_owned();
    let name = format!("{}/{}", metadata["namespace"].as_str()?, metadata["name"].as_str()?);
    Some((name, (revision, version)))
}
