//! Passwords in every place that a reading passes, and in none that it leaves: neither plan, journal,
//! report and runbook nor the saved snapshot hold one.

use std::path::{Path, PathBuf};

use meshlift_app::api::dto::*;
use meshlift_sim::{Pace, SimMesh, Workload};
use serde_json::{Value, json};

use crate::common::*;

/// Where a password stands, as a part of it: what leaks says where it came from.
const PLACES: [&str; 21] = [
    "values-of-the-install",
    "values-of-the-map",
    "values-env",
    "helm-release",
    "istio-operator",
    "pod-env",
    "pod-args",
    "pod-annotation",
    "pod-label",
    "namespace-label",
    "namespace-annotation",
    "service-label",
    "applied-workload",
    "applied-rule",
    "injector-config",
    "injector-values",
    "mesh-config",
    "filter",
    "rule-header",
    "policy",
    "istiod-env",
];

/// The password of a place.
fn word(place: &str) -> String {
    assert!(PLACES.contains(&place), "{place} is looked for");
    format!("pa55-{place}-x9")
}

const KEPT: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn values(pilot: &str) -> String {
    format!(
        "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata:\n  namespace: \
         istio-system\nspec:\n  profile: minimal\n  values:\n    pilot:\n      autoscaleMin: 2\n      \
         env:\n        UPSTREAM: {pilot}\n    global:\n      registry: {{ password: {} }}\n",
        word("values-of-the-install"),
    )
}

fn applied(api: &str, kind: &str, place: &str) -> String {
    json!({ "apiVersion": api, "kind": kind, "spec": { "password": word(place) } }).to_string()
}

fn cart() -> Workload {
    let env = json!([{ "name": "PASSWORD", "value": word("pod-env") }]);
    Workload::deployment("shop", "cart")
        .replicas(2)
        .label("session-token", &word("pod-label"))
        .annotation("vault.example.test/token", &word("pod-annotation"))
        .annotation(KEPT, &applied("apps/v1", "Deployment", "applied-workload"))
        .pod(
            "containers",
            json!([{ "name": "app", "image": "shop/cart:1", "env": env, "args": [word("pod-args")] }]),
        )
}

fn object(api: &str, kind: &str, name: &str, spec: &Value) -> Value {
    let kept = applied(api, kind, "applied-rule");
    json!({
        "apiVersion": api, "kind": kind,
        "metadata": { "namespace": "shop", "name": name, "annotations": { KEPT: kept } },
        "spec": spec,
    })
}

/// Istio's own objects, with passwords where people put them.
fn rules() -> Vec<Value> {
    let lua = format!("request_handle:headers():add('authorization', '{}')", word("filter"));
    let patch = json!({
        "applyTo": "HTTP_FILTER",
        "match": { "proxy": { "proxyVersion": "^1\\.30.*" } },
        "patch": { "operation": "INSERT_BEFORE", "value": { "name": "lua", "config": { "inlineCode": lua } } },
    });
    let add = json!({ "request": { "add": { "authorization": word("rule-header") } } });
    let route = json!([{ "destination": { "host": "cart" }, "headers": add }]);
    let when = json!([{ "key": "request.headers[x-key]", "values": [word("policy")] }]);
    vec![
        object(
            "networking.istio.io/v1alpha3",
            "EnvoyFilter",
            "auth",
            &json!({ "configPatches": [patch] }),
        ),
        object(
            "networking.istio.io/v1",
            "VirtualService",
            "cart",
            &json!({ "hosts": ["cart"], "http": [{ "route": route }] }),
        ),
        object(
            "security.istio.io/v1",
            "AuthorizationPolicy",
            "cart",
            &json!({ "rules": [{ "when": when }] }),
        ),
        object(
            "networking.istio.io/v1",
            "DestinationRule",
            "cart",
            &json!({ "host": "cart", "trafficPolicy": { "outlierDetection": {} } }),
        ),
    ]
}

fn kept_elsewhere(kind: &str, name: &str, data: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": kind,
        "metadata": { "namespace": "istio-system", "name": name },
        "data": data,
    })
}

fn operator() -> [Value; 2] {
    let name = "istiooperators.install.istio.io";
    let names =
        json!({ "plural": "istiooperators", "singular": "istiooperator", "kind": "IstioOperator" });
    let versions = json!([{ "name": "v1alpha1", "served": true, "storage": true }]);
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": name },
        "spec": { "group": "install.istio.io", "scope": "Namespaced", "names": names, "versions": versions },
        "status": { "storedVersions": ["v1alpha1"] },
    });
    let values = json!({ "values": { "global": { "password": word("istio-operator") } } });
    let custom = json!({
        "apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator",
        "metadata": { "namespace": "istio-system", "name": "installed" },
        "spec": values,
    });
    [crd, custom]
}

fn mesh() -> SimMesh {
    let mut mesh = SimMesh::builder()
        .seed(1)
        .at(noon())
        .cluster_uid("cluster-one")
        .install(OLD.1, &values(&word("values-env")), &["revision=1-30"])
        .istioctl(NEW.1)
        .namespace("shop", &[("istio.io/rev", "1-30"), ("api-token", &word("namespace-label"))])
        .workload(cart());
    let release = json!({ "release": word("helm-release") });
    mesh = mesh.object(kept_elsewhere("Secret", "sh.helm.release.v1.istiod.v1", &release));
    for one in rules().into_iter().chain(operator()) {
        mesh = mesh.object(one);
    }
    let labels = json!({ "api-token": word("service-label") });
    let mesh = mesh.object(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "namespace": "shop", "name": "cart", "labels": labels },
        "spec": { "selector": { "app": "cart" }, "ports": [{ "port": 80 }] },
    }));
    let mesh = mesh.pace(Pace::Instant).build();
    into_maps(&mesh);
    mesh
}

/// Puts passwords into what the install itself has made.
fn into_maps(mesh: &SimMesh) {
    let change = |kind: &str, name: &str, change: &dyn Fn(&mut Value)| {
        assert!(
            mesh.meddle(kind, "istio-system", name, |object| change(object)),
            "{name} is there"
        );
    };
    change("configmaps", "istio-sidecar-injector-1-30", &|map| {
        let config =
            format!("policy: enabled\ntemplates: {{ sidecar: '{}' }}\n", word("injector-config"));
        map["data"]["config"] = config.into();
        let mut values: Value =
            serde_json::from_str(map["data"]["values"].as_str().unwrap()).unwrap();
        values["global"]["token"] = word("injector-values").into();
        map["data"]["values"] = values.to_string().into();
    });
    change("configmaps", "istio-1-30", &|map| {
        let config =
            format!("defaultConfig: {{ proxyMetadata: {{ TOKEN: {} }} }}\n", word("mesh-config"));
        map["data"]["mesh"] = config.into();
    });
    change("deployments.apps", "istiod-1-30", &|istiod| {
        let env = json!([{ "name": "PASSWORD", "value": word("istiod-env") }]);
        istiod["spec"]["template"]["spec"]["containers"][0]["env"] = env;
    });
    let noted = mesh.meddle("namespaces", "", "shop", |namespace| {
        namespace["metadata"]["annotations"] = json!({ "note": word("namespace-annotation") });
    });
    assert!(noted, "the namespace is there");
}

/// Fails with the place of every password that a text holds, as it is or in base64.
fn holds_none(what: &str, text: &[u8]) {
    let holds = |word: &str| text.windows(word.len()).any(|window| window == word.as_bytes());
    let found: Vec<&str> = PLACES
        .into_iter()
        .filter(|place| holds(&word(place)) || holds(&base64(&word(place))))
        .collect();
    assert!(found.is_empty(), "{what} holds {found:?}");
}

/// As a Secret would show it: whole groups only, whatever stands behind.
fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.as_bytes().chunks_exact(3).flat_map(|three| {
        let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        [18, 12, 6, 0].map(|by| char::from(DIGITS[(bits >> by & 63) as usize]))
    });
    digits.collect()
}

/// The data folder, but for the copy of the values that istioctl is given, which is the user's own.
fn holds_none_below(folder: &Path) {
    let own = |path: &PathBuf| path.parent().is_some_and(|parent| parent.ends_with("values"));
    let files: Vec<PathBuf> = files_below(folder).into_iter().filter(|path| !own(path)).collect();
    assert!(
        files.iter().any(|path| path.extension().is_some_and(|it| it == "sqlite")),
        "{files:?}"
    );
    for path in files {
        holds_none(&path.display().to_string(), &std::fs::read(&path).expect("it can be read"));
    }
}

async fn runbooks(desk: &Desk, plan: &PlanView) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for language in ["en-US", "zh-CN"] {
        let of = RunbookOf::Plan { digest: plan.digest.clone() };
        let request = RunbookRequest { of, language: language.into(), acknowledged: Vec::new() };
        let runbook = desk.app.runbook_make(request).await.expect("a runbook");
        let forms = [("md", runbook.markdown), ("html", runbook.html), ("json", runbook.json)];
        found.extend(forms.map(|(form, text)| (format!("runbook.{language}.{form}"), text)));
    }
    found
}

#[tokio::test(start_paused = true)]
async fn no_password_of_the_mesh_gets_into_what_is_kept_or_shown() {
    let mesh = mesh();
    let planted = ["pods", "namespaces", "configmaps", "envoyfilters.networking.istio.io"];
    let planted: String =
        planted.iter().map(|kind| serde_json::to_string(&mesh.objects(kind)).unwrap()).collect();
    for place in ["pod-env", "namespace-label", "mesh-config", "filter", "applied-rule"] {
        assert!(planted.contains(&word(place)), "{place} is planted");
    }
    let desk = Desk::at(mesh).await;

    let report = desk.precheck(Method::Canary).await;
    assert!(report.findings.iter().any(|it| it.subject.contains("auth")), "rules were read");
    holds_none("precheck", format!("{report:?}").as_bytes());
    let plan = desk.plan(deploy()).await.expect("it can be planned");
    holds_none("plan", format!("{plan:?}").as_bytes());
    for (name, text) in runbooks(&desk, &plan).await {
        holds_none(&name, text.as_bytes());
    }
    let run = desk.app.run_start(start(&plan, "seen")).await.expect("it starts").run_id;
    desk.until(&run, is_over).await;
    let report = desk.app.run_report(RunId { run_id: run }).await.expect("a report");
    for (form, text) in [("md", report.markdown), ("html", report.html), ("json", report.json)] {
        holds_none(&format!("report.{form}"), text.as_bytes());
    }
    let path = desk.folder.path().join("shop.meshlift.json").display().to_string();
    let save =
        SaveSnapshot { context: MESH.into(), path: path.clone(), if_exists: IfExists::Refuse };
    desk.app.snapshot_save(save).await.expect("it is saved");
    let saved = std::fs::read_to_string(&path).expect("it can be read");
    assert!(saved.contains("\"evidence\"") && saved.contains("\"cart\""), "it is the whole mesh");
    holds_none_below(desk.folder.path());
}

/// Values that differ between mesh and file are named by their paths, and never shown.
#[tokio::test(start_paused = true)]
async fn what_differs_in_the_values_is_named_and_not_shown() {
    let mesh = mesh();
    let changed = mesh.meddle("configmaps", "istio-system", "values-1-30", |map| {
        let values = json!({ "pilot": { "env": { "UPSTREAM": word("values-of-the-map") } } });
        map["data"]["original-values"] = values.to_string().into();
    });
    assert!(changed, "istioctl keeps the values there");
    let desk = Desk::at(mesh).await;

    let plan = desk.plan(deploy()).await.expect("it can be planned");

    let told = format!("{plan:?}");
    assert!(told.contains("pilot.env.UPSTREAM"), "it is told what differs: {told}");
    holds_none("plan", told.as_bytes());
    for (name, text) in runbooks(&desk, &plan).await {
        holds_none(&name, text.as_bytes());
    }
    holds_none_below(desk.folder.path());
}

/// istioctl quotes what it can't understand, and so do parsers.
#[tokio::test(start_paused = true)]
async fn values_that_can_not_be_read_are_not_quoted() {
    let desk = Desk::at(mesh()).await;
    let file = desk.folder.path().join("values").join("mine.yaml");
    std::fs::create_dir_all(file.parent().unwrap()).expect("a folder");
    let secret = word("values-of-the-install");
    for text in [
        format!("metadata: {{ name: [{secret}] }}\n"),
        format!("metadata:\n  name: x\n\tpassword: {secret}\n"),
        format!("kind: {secret}\nspec: {{ values: {{ a: {secret} }} }}\n"),
    ] {
        std::fs::write(&file, &text).expect("it can be written");
        let change = ContextChange::InstallValues { file: Some(file.display().to_string()) };
        let said = SettingsChange::Context { context: MESH.into(), change };
        desk.app.settings_change(said).await.expect("settings");

        let answer = desk.plan(deploy()).await;

        holds_none(&text, format!("{answer:?}").as_bytes());
    }
    holds_none_below(desk.folder.path());
}
