//! Load balancers of an instance's control plane and the public addresses in front of them.
//!
//! Entry points: [`balancers`], [`is_there`].

use meshlift_core::inventory::{Balancer, BalancerPart, BalancerRole, BalancerState};

use crate::provider::asm::api::{
    ClusterStatus, DetailLoadBalancer, EipState, LoadBalancerStatus, SlbBackends, SlbState,
};

/// Whether an instance has it: that one is missing, which was never asked for, is no news.
pub(super) fn is_there(it: &Balancer, parts: &DetailLoadBalancer, has_canary: bool) -> bool {
    match it.part {
        BalancerPart::Balancer => has_canary || it.serves != BalancerRole::CanaryPilot,
        BalancerPart::Address => it.state == BalancerState::Locked || has_address(parts, it.serves),
    }
}

/// How each of them is.
pub(super) fn balancers(status: &ClusterStatus) -> Vec<Balancer> {
    [
        (BalancerRole::ApiServer, &status.api_server_load_balancer_status),
        (BalancerRole::Pilot, &status.pilot_load_balancer_status),
        (BalancerRole::CanaryPilot, &status.canary_pilot_load_balancer_status),
    ]
    .into_iter()
    .map(|(serves, status)| {
        let state = balancer_state(status);
        Balancer { serves, part: BalancerPart::Balancer, state }
    })
    .chain(addresses(status))
    .collect()
}

fn addresses(status: &ClusterStatus) -> impl Iterator<Item = Balancer> {
    let told = [
        (BalancerRole::ApiServer, &status.api_server_eip_status),
        (BalancerRole::Pilot, &status.pilot_eip_status),
        (BalancerRole::CanaryPilot, &status.canary_pilot_eip_status),
    ];
    told.map(|(serves, state)| {
        let state = match state {
            EipState::Locked => BalancerState::Locked,
            EipState::Missing | EipState::Failed => {
                BalancerState::Wrong { why: state.as_str().to_owned() }
            }
            // As with balancers; an address that is there for nothing costs and does no harm.
            EipState::Exists | EipState::Unused | EipState::TimedOut | EipState::Other(_) => {
                BalancerState::Fine
            }
        };
        Balancer { serves, part: BalancerPart::Address, state }
    })
    .into_iter()
}

/// Whether the instance was given a public address for this.
fn has_address(parts: &DetailLoadBalancer, serves: BalancerRole) -> bool {
    match serves {
        BalancerRole::ApiServer => {
            parts.api_server_public_eip || !parts.api_server_public_eip_id.is_empty()
        }
        BalancerRole::Pilot => parts.pilot_public_eip || !parts.pilot_public_eip_id.is_empty(),
        BalancerRole::CanaryPilot => !parts.canary_pilot_public_eip_id.is_empty(),
    }
}

fn balancer_state(status: &LoadBalancerStatus) -> BalancerState {
    if status.locked {
        return BalancerState::Locked;
    }
    let wrong = |why: &str| BalancerState::Wrong { why: why.to_owned() };
    match (&status.state, &status.backends) {
        (SlbState::Missing | SlbState::Conflict | SlbState::Failed, _) => {
            wrong(status.state.as_str())
        }
        (_, SlbBackends::TooFew) => wrong(status.backends.as_str()),
        // A question that took too long, or a word that nobody documents, is no finding.
        (SlbState::Exists | SlbState::TimedOut | SlbState::Other(_), _) => BalancerState::Fine,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    /// What is wrong with the addresses of an instance whose API server has a public one.
    fn wrong(which: &str, word: &str) -> Vec<(BalancerRole, BalancerState)> {
        let status: ClusterStatus = serde_json::from_value(json!({ which: word })).unwrap();
        let parts: DetailLoadBalancer =
            serde_json::from_value(json!({ "ApiServerPublicEip": true })).unwrap();
        let addresses = balancers(&status).into_iter();
        let addresses = addresses.filter(|it| it.part == BalancerPart::Address);
        let there = addresses.filter(|it| is_there(it, &parts, false));
        let faulty = there.filter(|it| it.state != BalancerState::Fine);
        faulty.map(|it| (it.serves, it.state)).collect()
    }

    #[rstest]
    #[case::locked("locked", Some(BalancerState::Locked))]
    #[case::gone("not_exist", Some(BalancerState::Wrong { why: "not_exist".to_owned() }))]
    #[case::failed("failed", Some(BalancerState::Wrong { why: "failed".to_owned() }))]
    #[case::there("exist", None)]
    #[case::for_nothing("not_in_use", None)]
    #[case::not_told("time_out", None)]
    #[case::new_word("frozen", None)]
    fn an_address_is_judged_by_its_state(
        #[case] word: &str,
        #[case] expected: Option<BalancerState>,
    ) {
        let expected: Vec<_> =
            expected.map(|state| (BalancerRole::ApiServer, state)).into_iter().collect();

        assert_eq!(wrong("ApiServerEIPStatus", word), expected);
    }

    #[test]
    fn an_address_that_was_never_asked_for_is_not_missed() {
        assert_eq!(wrong("PilotEIPStatus", "not_exist"), []);
        let locked = (BalancerRole::Pilot, BalancerState::Locked);
        assert_eq!(wrong("PilotEIPStatus", "locked"), [locked], "so there is one");
    }
}
