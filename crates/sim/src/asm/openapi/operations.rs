//! The operations of the OpenAPI that there are here, and their parameters by place (§7.2 to §7.4).
//!
//! Entry points: [`Operation::named`] and [`Parameters::read`]. The gateway's own tolerance for
//! misplaced parameters is not known; here they are refused, so that no client gets used to it.

use serde_json::Value;

use super::denial::Denial;
use crate::json;

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Query,
    Body,
}

/// Whether a parameter may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

type Parameter = (&'static str, Place, Need);

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    DescribeCcmVersion,
    DescribeClustersInServiceMesh,
    DescribeGuestClusterNamespaces,
    DescribeGuestClusterPods,
    DescribeMetadata,
    DescribeServiceMeshAdditionalStatus,
    DescribeServiceMeshDetail,
    DescribeServiceMeshKubeconfig,
    DescribeServiceMeshLogs,
    DescribeServiceMeshProxyStatus,
    DescribeServiceMeshUpgradeStatus,
    DescribeServiceMeshes,
    DescribeUpgradeVersion,
    DescribeUserPermissions,
    DescribeVersions,
    ModifyServiceMeshName,
    UpdateAsmGateway,
    UpdateAsmNamespaceFromGuestCluster,
    UpdateIstioInjectionConfig,
    UpgradeMeshEditionPartially,
    UpgradeMeshVersion,
}

use Need::{Optional, Required};
use Place::{Body, Query};

/// The parameter that nearly every operation has.
pub(super) const MESH: &str = "ServiceMeshId";

const IN_QUERY: &[Parameter] = &[(MESH, Query, Required)];
const IN_BODY: &[Parameter] = &[(MESH, Body, Required)];

impl Operation {
    /// Every operation.
    const ALL: [Self; 21] = [
        Self::DescribeCcmVersion,
        Self::DescribeClustersInServiceMesh,
        Self::DescribeGuestClusterNamespaces,
        Self::DescribeGuestClusterPods,
        Self::DescribeMetadata,
        Self::DescribeServiceMeshAdditionalStatus,
        Self::DescribeServiceMeshDetail,
        Self::DescribeServiceMeshKubeconfig,
        Self::DescribeServiceMeshLogs,
        Self::DescribeServiceMeshProxyStatus,
        Self::DescribeServiceMeshUpgradeStatus,
        Self::DescribeServiceMeshes,
        Self::DescribeUpgradeVersion,
        Self::DescribeUserPermissions,
        Self::DescribeVersions,
        Self::ModifyServiceMeshName,
        Self::UpdateAsmGateway,
        Self::UpdateAsmNamespaceFromGuestCluster,
        Self::UpdateIstioInjectionConfig,
        Self::UpgradeMeshEditionPartially,
        Self::UpgradeMeshVersion,
    ];

    /// The operation of an `x-acs-action`.
    pub(super) fn named(action: &str) -> Result<Self, Denial> {
        Self::ALL.into_iter().find(|operation| operation.name() == action).ok_or_else(|| {
            let message = "Specified api is not found, please check your url and method.";
            Denial::not_found("InvalidAction.NotFound", message)
        })
    }

    fn name(self) -> String {
        // The two whose name has an abbreviation.
        let name = format!("{self:?}");
        name.replace("Ccm", "CCM").replace("UpdateAsm", "UpdateASM")
    }

    fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::DescribeCcmVersion
            | Self::DescribeClustersInServiceMesh
            | Self::DescribeUpgradeVersion => IN_QUERY,
            Self::DescribeServiceMeshKubeconfig => {
                &[(MESH, Query, Required), ("PrivateIpAddress", Query, Optional)]
            }
            Self::UpgradeMeshVersion => &[(MESH, Query, Required), ("PreCheck", Query, Optional)],
            Self::DescribeServiceMeshes => &[("Tag", Query, Optional)],
            Self::DescribeMetadata | Self::DescribeVersions => &[],
            Self::DescribeServiceMeshDetail
            | Self::DescribeServiceMeshLogs
            | Self::DescribeServiceMeshProxyStatus => IN_BODY,
            Self::DescribeUserPermissions => &[("SubAccountUserId", Body, Optional)],
            Self::DescribeServiceMeshAdditionalStatus => {
                &[(MESH, Body, Required), ("CheckMode", Body, Optional)]
            }
            Self::DescribeGuestClusterNamespaces => &[
                ("GuestClusterID", Body, Required),
                (MESH, Body, Required),
                ("ShowNsLabels", Body, Optional),
            ],
            Self::DescribeGuestClusterPods => &[
                ("GuestClusterID", Body, Required),
                (MESH, Body, Required),
                ("Namespace", Body, Required),
            ],
            Self::DescribeServiceMeshUpgradeStatus => &[
                (MESH, Query, Required),
                ("AllIstioGatewayFullNames", Body, Optional),
                ("GuestClusterIds", Body, Optional),
            ],
            Self::ModifyServiceMeshName => &[(MESH, Body, Required), ("Name", Body, Required)],
            Self::UpdateAsmGateway => &[
                (MESH, Body, Required),
                ("IstioGatewayName", Body, Required),
                ("Body", Body, Required),
            ],
            Self::UpdateAsmNamespaceFromGuestCluster => {
                &[(MESH, Body, Required), ("K8sClusterId", Body, Required)]
            }
            Self::UpdateIstioInjectionConfig => &[
                (MESH, Body, Required),
                ("Namespace", Body, Required),
                ("EnableIstioInjection", Body, Optional),
                ("EnableSidecarSetInjection", Body, Optional),
                ("IstioRev", Body, Optional),
                ("DataPlaneMode", Body, Optional),
            ],
            Self::UpgradeMeshEditionPartially => &[
                (MESH, Body, Required),
                ("ExpectedVersion", Body, Optional),
                ("PreCheck", Body, Optional),
                ("ASMGatewayContinue", Body, Optional),
                ("UpgradeGatewayRecords", Body, Optional),
                ("SwitchToPro", Body, Optional),
            ],
        }
    }
}

/// The parameters of one request.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Takes each parameter from its own place.
    pub(super) fn read(
        operation: Operation,
        query: &[(String, String)],
        body: &[(String, String)],
    ) -> Result<Self, Denial> {
        let mut taken = Vec::new();
        for (name, place, need) in operation.parameters() {
            let (right, wrong, other) = match place {
                Place::Query => (query, body, "the form, and belongs in the query"),
                Place::Body => (body, query, "the query, and belongs in the form"),
            };
            if wrong.iter().any(|(key, _)| is_of(key, name)) {
                return Err(Denial::invalid(name, &format!("it stands in {other}")));
            }
            let given = right.iter().filter(|(key, value)| is_of(key, name) && !value.is_empty());
            let before = taken.len();
            taken.extend(given.cloned());
            if taken.len() == before && *need == Required {
                return Err(Denial::missing(name));
            }
        }
        Ok(Self(taken))
    }

    /// A parameter; empty when it is left out.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a parameter is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// A truth value in any spelling, as the SDKs differ in it; false when it is left out.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Denial> {
        match self.text(name).to_lowercase().as_str() {
            "true" => Ok(true),
            "false" | "" => Ok(false),
            _ => Err(Denial::invalid(name, "it is neither true nor false")),
        }
    }

    /// Keys and values of a list of pairs: as JSON, or flattened like `Tag.1.Key`.
    pub(super) fn pairs(&self, name: &str) -> Vec<(String, String)> {
        if self.has(name) {
            let listed: Vec<Value> = serde_json::from_str(self.text(name)).unwrap_or_default();
            let part = |pair: &Value, part: &str| json::text(pair, &[part]).to_owned();
            return listed.iter().map(|pair| (part(pair, "Key"), part(pair, "Value"))).collect();
        }
        let numbered = (1..).map(|number| {
            let part = |part: &str| self.text(&format!("{name}.{number}.{part}")).to_owned();
            (part("Key"), part("Value"))
        });
        numbered.take_while(|(key, _)| !key.is_empty()).collect()
    }

    /// Items between commas.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        self.text(name).split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }
}

/// A flattened list or object has its name before the first point.
fn is_of(key: &str, name: &str) -> bool {
    key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;

    /// What the official SDK sends, per operation; see `tests/asm-sdk/extract.py`.
    const MODELS: &str = include_str!("../../../tests/asm-sdk/models.json");

    #[test]
    fn parameters_stand_where_the_official_sdk_puts_them() {
        let models: Value = serde_json::from_str(MODELS).unwrap();
        let names = models["operations"].as_object().unwrap();
        assert_eq!(names.len(), Operation::ALL.len(), "every operation has its model");

        for (name, model) in names {
            let operation = Operation::named(name).unwrap();
            for (place, key) in [(Query, "query"), (Body, "body")] {
                let sent: BTreeSet<&str> =
                    model[key].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                let known: BTreeSet<&str> = operation
                    .parameters()
                    .iter()
                    .filter(|(_, its, _)| *its == place)
                    .map(|(name, _, _)| *name)
                    .collect();
                assert_eq!(known, sent, "{name}, {key}");
            }
        }
    }

    #[test]
    fn a_parameter_in_the_wrong_place_is_refused() {
        let query = [(MESH.to_owned(), "c1".to_owned())];

        let refused = Parameters::read(Operation::DescribeServiceMeshDetail, &query, &[]);

        assert_eq!(refused.unwrap_err().code, "InvalidParameter.ServiceMeshId");
    }

    #[rstest]
    #[case::json(&[("Tag", r#"[{"Key":"env","Value":"prod"}]"#)])]
    #[case::flattened(&[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")])]
    fn pairs_come_in_two_forms(#[case] query: &[(&str, &str)]) {
        let query: Vec<(String, String)> =
            query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();

        let read = Parameters::read(Operation::DescribeServiceMeshes, &query, &[]).unwrap();

        assert_eq!(read.pairs("Tag"), [("env".to_owned(), "prod".to_owned())]);
    }

    #[test]
    fn the_python_sdk_spells_truth_with_a_capital() {
        let form = [(MESH, "c1"), ("PreCheck", "True")].map(|(a, b)| (a.to_owned(), b.to_owned()));

        let read = Parameters::read(Operation::UpgradeMeshEditionPartially, &[], &form).unwrap();

        assert_eq!(read.flag("PreCheck"), Ok(true));
        assert_eq!(read.flag("ASMGatewayContinue"), Ok(false), "left out");
    }
}
