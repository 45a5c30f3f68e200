//! Which labels a saved snapshot keeps: those that something decides by. A label may hold anything, a
//! token too, and whoever opens the file needs no more than selectors ask for.

use std::collections::BTreeSet;

use super::{Labels, Name, Selector, Snapshot};

/// Labels that rules ask for without a selector.
const ASKED: [&str; 4] = ["app", "version", "istio", "istio-injection"];
/// Ends of the prefixes of Kubernetes, of its Gateway API and of Istio.
const KNOWN: [&str; 3] = ["istio.io", "k8s.io", "kubernetes.io"];

/// Takes every other label off namespaces and pod templates.
pub(super) fn leave_out_others(snapshot: &mut Snapshot) {
    let kept = selected(snapshot);
    let trim = |labels: &mut Labels| labels.retain(|key, _| kept.contains(key) || is_known(key));
    snapshot.namespaces.values_mut().for_each(|namespace| trim(&mut namespace.labels));
    snapshot.workloads.values_mut().for_each(|workload| trim(&mut workload.template.labels));
}

fn is_known(key: &str) -> bool {
    let ours = |prefix: &str| {
        KNOWN.iter().any(|known| {
            let rest = prefix.strip_suffix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    ASKED.contains(&key) || key.split_once('/').is_some_and(|(prefix, _)| ours(prefix))
}

/// Keys that some selector of the snapshot names.
fn selected(snapshot: &Snapshot) -> BTreeSet<Name> {
    let mut keys = BTreeSet::new();
    for injector in &snapshot.injectors {
        for webhook in &injector.webhooks {
            keys.extend(keys_of(&webhook.namespace_selector));
            keys.extend(keys_of(&webhook.object_selector));
        }
        if let Some(config) = &injector.config {
            keys.extend(config.never.iter().chain(&config.always).flat_map(keys_of));
        }
    }
    keys.extend(snapshot.budgets.iter().flat_map(|budget| keys_of(&budget.selector)));
    let Some(evidence) = &snapshot.evidence else { return keys };
    let selectors = evidence.mesh_configs.values().flat_map(|config| &config.discovery_selectors);
    keys.extend(selectors.flat_map(keys_of));
    let services = evidence.services.iter().map(|service| &service.selector);
    let gateways = evidence.istio_gateways.iter().map(|gateway| &gateway.selector);
    keys.extend(services.chain(gateways).flat_map(|labels| labels.keys().cloned()));
    keys.extend(evidence.access_policies.iter().flat_map(|it| it.selects_by.iter().cloned()));
    keys
}

fn keys_of(selector: &Selector) -> impl Iterator<Item = Name> + '_ {
    let expressions = selector.expressions.iter().map(|expression| expression.key.clone());
    selector.match_labels.keys().cloned().chain(expressions)
}

#[cfg(test)]
mod tests {
    use crate::inventory::Budget;
    use crate::testing::{deployment, labels, mesh, namespace};

    use super::*;

    #[test]
    fn only_labels_that_something_asks_for_stay() {
        let mut mesh = mesh();
        let pairs = [("istio.io/rev", "1-30"), ("team", "shop"), ("example.test/token", "word")];
        namespace(&mut mesh, "shop", &pairs);
        let cart = deployment(&mut mesh, "shop", "cart", 1, None);
        let pairs = [("app", "cart"), ("tier", "web"), ("api-token", "word")];
        mesh.workloads.get_mut(&cart).unwrap().template.labels = labels(&pairs);
        let selector = Selector { match_labels: labels(&[("tier", "web")]), expressions: vec![] };
        let name = "web".into();
        let budget = Budget { namespace: "shop".into(), name, selector, disruptions_allowed: 1 };
        mesh.budgets.push(budget);

        leave_out_others(&mut mesh);

        assert_eq!(mesh.namespaces["shop"].labels, labels(&[("istio.io/rev", "1-30")]));
        let kept = &mesh.workloads[&cart].template.labels;
        assert_eq!(
            *kept,
            labels(&[("app", "cart"), ("tier", "web")]),
            "a budget asks for the tier"
        );
    }
}
