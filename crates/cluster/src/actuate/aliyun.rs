//! The `aliyun` command that makes the same call to ASM as an act, for people to read and copy.
//!
//! Entry point: [`call`]. Parameters are those of `domain/asm.md` §7.2 and §7.4.

use meshlift_core::asm::{Call, InjectionChange, Switch, injection_of};
use meshlift_core::inventory::{GatewayCanary, full_name};

/// The words of the command.
pub(super) fn call(instance: &str, call: &Call) -> Vec<String> {
    let (operation, parameters) = parts(call);
    let mut words = ["aliyun", "servicemesh", operation, "--ServiceMeshId", instance]
        .map(str::to_owned)
        .to_vec();
    for (name, value) in parameters {
        words.extend([format!("--{name}"), value]);
    }
    words
}

const UPGRADE: &str = "UpgradeMeshEditionPartially";

fn parts(call: &Call) -> (&'static str, Vec<(&'static str, String)>) {
    let expected =
        |version: &meshlift_core::version::MeshVersion| ("ExpectedVersion", version.to_string());
    match call {
        Call::Precheck { target } => {
            (UPGRADE, vec![expected(target), ("PreCheck", "true".to_owned())])
        }
        Call::Upgrade { target } => (
            UPGRADE,
            vec![
                expected(target),
                ("PreCheck", "false".to_owned()),
                ("ASMGatewayContinue", "false".to_owned()),
            ],
        ),
        Call::UpgradeGateway { gateway, target } => (
            UPGRADE,
            vec![
                expected(target),
                ("PreCheck", "false".to_owned()),
                ("ASMGatewayContinue", "true".to_owned()),
                ("UpgradeGatewayRecords", full_name(gateway)),
            ],
        ),
        Call::Label { namespace, from: _, to } => {
            let mut parameters = vec![("Namespace", namespace.to_string())];
            parameters.extend(injection_of(to).map(|change| match change {
                InjectionChange::Revision(revision) => ("IstioRev", revision.to_string()),
                InjectionChange::Injection(switch) => {
                    ("EnableIstioInjection", (switch == Switch::Enabled).to_string())
                }
            }));
            ("UpdateIstioInjectionConfig", parameters)
        }
        Call::GatewayCanary { gateway, canary } => {
            let value = match canary {
                GatewayCanary::Wanted => "true",
                GatewayCanary::Unwanted => "null",
            };
            let annotation = "asm.alibabacloud.com/enable-canary-deployment";
            let body = format!("{{\"metadata\":{{\"annotations\":{{\"{annotation}\":{value}}}}}}}");
            ("UpdateASMGateway", vec![("IstioGatewayName", gateway.to_string()), ("Body", body)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(made: &Call) -> String {
        call("c1", made).join(" ")
    }

    #[test]
    fn an_upgrade_never_leaves_the_precheck_at_its_default() {
        let target = "v1.17.2.42-gf7619883-aliyun".parse().unwrap();

        assert_eq!(
            line(&Call::Upgrade { target }),
            "aliyun servicemesh UpgradeMeshEditionPartially --ServiceMeshId c1 --ExpectedVersion \
             v1.17.2.42-gf7619883-aliyun --PreCheck false --ASMGatewayContinue false"
        );
    }

    #[test]
    fn a_gateway_is_named_with_its_namespace() {
        let made = Call::UpgradeGateway {
            gateway: "ingressgateway".into(),
            target: "1.17.2.42".parse().unwrap(),
        };

        assert!(line(&made).ends_with("--UpgradeGatewayRecords istio-system:ingressgateway"));
    }
}
