//! Custom resources of the instance's own API server (§10.1).

use serde_json::Value;

use super::objects;
use super::version::Version;
use crate::cluster::Cluster;
use crate::istioctl::crds;
use crate::json;

/// Group of the cloud's own resources.
const GROUP: &str = "istio.alibabacloud.com";
/// Policies of the label copy exist from this minor version on (§5.1).
const POLICIES_SINCE: (u32, u32) = (1, 28);

/// Defines what a version of the mesh knows.
pub(super) fn install(control: &mut Cluster, version: &Version) {
    let mut definitions = crds::of(&version.istio());
    definitions.push(crds::definition(GROUP, "istiogateways", "IstioGateway", &["v1beta1"]));
    if version.minor() >= POLICIES_SINCE {
        let policies = ("asmreconcilenslabels", "ASMReconcileNSLabels");
        let mut policies = crds::definition(GROUP, policies.0, policies.1, &["v1beta1"]);
        json::set(&mut policies, &["spec", "scope"], "Cluster");
        definitions.push(policies);
    }
    let known = |definition: &Value| {
        let id = json::text(definition, &["metadata", "name"]);
        control.registry.of_id(id).is_some_and(|known| {
            let served = json::items(definition, &["spec", "versions"]).iter();
            let served: Vec<&str> = served.map(|version| json::text(version, &["name"])).collect();
            known.versions.iter().map(|version| &**version).eq(served)
        })
    };
    definitions.retain(|definition| !known(definition));
    for definition in definitions {
        objects::put(control, definition);
    }
}
