//! A data-plane cluster of an ASM instance, and the instance, for tests.

use crate::inventory::{
    Canary, Cluster, Edition, Expression, Gateway, GatewayCanary, INJECTION_LABEL, InjectionScope,
    Injector, InjectorWebhook, Instance, InstanceState, MeshUpgrade, Operator, REVISION_LABEL,
    Selector, Snapshot, Unsupported, Upgrade, WebhookClient,
};
use crate::testing::{deployment, namespace};

/// A cluster before any canary: one injector for `istio-injection=enabled` and `stable`.
pub(crate) fn data_plane() -> Snapshot {
    let mut snapshot = Snapshot {
        cluster: Cluster { uid: "ack-1".into(), kubernetes: "v1.24.6-aliyun.1".into() },
        injectors: vec![injector(
            "istio-sidecar-injector",
            "default",
            vec![
                vec![is(INJECTION_LABEL, &["enabled"])],
                vec![absent(INJECTION_LABEL), is(REVISION_LABEL, &["stable", "1-16-4"])],
            ],
        )],
        unsupported: vec![Unsupported::ExternalControlPlane],
        ..Snapshot::default()
    };
    namespace(&mut snapshot, "istio-system", &[]);
    snapshot
}

/// [`data_plane`] with the injector of canary 1.18.0.
pub(crate) fn canary_data_plane() -> Snapshot {
    let mut snapshot = data_plane();
    let selected = vec![absent(INJECTION_LABEL), is(REVISION_LABEL, &["canary", "1-18-0"])];
    snapshot.injectors.push(injector("istio-sidecar-injector-canary", "canary", vec![selected]));
    snapshot
}

/// The same after canary 1.18.0 was promoted: 1.16.4 still answers under its own name.
pub(crate) fn promoted_data_plane() -> Snapshot {
    let mut snapshot = data_plane();
    let by_name = |names: &[&str]| vec![absent(INJECTION_LABEL), is(REVISION_LABEL, names)];
    snapshot.injectors = vec![
        injector(
            "istio-sidecar-injector",
            "default",
            vec![vec![is(INJECTION_LABEL, &["enabled"])], by_name(&["stable", "1-18-0", "canary"])],
        ),
        injector("istio-sidecar-injector-1-16-4", "default", vec![by_name(&["1-16-4"])]),
    ];
    snapshot
}

/// A settled instance of the Enterprise Edition that could go to 1.17.2.42.
pub(crate) fn instance(version: &str) -> Instance {
    Instance {
        id: "c-demo".into(),
        name: "demo".to_owned(),
        region: "cn-hangzhou".into(),
        edition: Edition::Enterprise,
        version: version.parse().ok(),
        state: InstanceState("running".to_owned()),
        target: "v1.17.2.42-gf7619883-aliyun".parse().ok(),
        upgrade: Upgrade { mesh: MeshUpgrade::Running, ..Upgrade::default() },
        scope: InjectionScope::Labelled,
        ..Instance::default()
    }
}

/// The same with a second control plane.
pub(crate) fn canary(mut instance: Instance) -> Instance {
    instance.canary = Some(Canary { fields: vec!["CanaryPilotLoadBalancerId".to_owned()] });
    instance
}

/// Adds a gateway of two pods to both sides.
pub(crate) fn gateway(cluster: &mut Snapshot, instance: &mut Instance, name: &str, proxy: &str) {
    let deployed = format!("istio-{name}");
    deployment(cluster, "istio-system", &deployed, 2, Some(("default", proxy)));
    instance.gateways.push(Gateway {
        name: name.into(),
        resource_version: "1".into(),
        clusters: vec!["ack".into()],
        replicas: 2,
        canary: GatewayCanary::Unwanted,
    });
}

fn injector(name: &str, revision: &str, selected: Vec<Vec<Expression>>) -> Injector {
    let webhooks = selected.into_iter().map(|expressions| InjectorWebhook {
        name: "sidecar-injector.istio.io".into(),
        namespace_selector: Selector { expressions, ..Selector::default() },
        object_selector: Selector::default(),
        client: WebhookClient::Url { url: "https://asm/inject".into() },
        has_ca_bundle: true,
        ca_expires: None,
    });
    Injector {
        name: name.into(),
        uid: format!("uid-{name}").into(),
        revision: revision.into(),
        tag: None,
        webhooks: webhooks.collect(),
        config: None,
    }
}

fn is(key: &str, values: &[&str]) -> Expression {
    let values = values.iter().map(|value| (*value).into()).collect();
    Expression { key: key.into(), operator: Operator::In, values }
}

fn absent(key: &str) -> Expression {
    Expression { key: key.into(), operator: Operator::DoesNotExist, values: Vec::new() }
}
