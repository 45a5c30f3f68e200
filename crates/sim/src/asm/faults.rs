//! What a test can order to go wrong in the cloud.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;

use crate::held::Gate;

/// Something that goes wrong in the cloud. The first three happen a number of times and are over;
/// the others last until [`heal`](super::SimAsm::heal).
#[derive(Debug, Clone)]
pub enum AsmFault {
    /// The next requests are throttled: `Throttling.User`, and nothing is done.
    Throttled {
        /// Which requests.
        on: Action,
        /// How many of them.
        times: u32,
        /// `TimeLeft` of the `x-ratelimit-user` headers; none for an answer without them.
        time_left: Option<Duration>,
    },
    /// The next requests get this HTTP status with the code that belongs to it, and nothing is
    /// done.
    Fails {
        /// Which requests.
        on: Action,
        /// How many of them.
        times: u32,
        /// The status, such as 500 or 503.
        status: StatusCode,
    },
    /// The answers of the next requests do not arrive as they should.
    Breaks {
        /// Which requests.
        on: Action,
        /// How many of them.
        times: u32,
        /// What is left of the answer.
        how: Break,
    },
    /// Answers take this long.
    Slow(Duration),
    /// The clock of the cloud is off by this.
    ClockSkew(SignedDuration),
    /// The security token of the temporary key has expired.
    TokenExpired,
    /// The user may not call an action.
    Forbidden(Action),
    /// The instance is locked, as for an overdue bill: no write is taken, its load balancers are
    /// locked.
    Locked,
    /// The cloud's target is another version than a moment ago.
    TargetMoved(String),
    /// The precheck finds this.
    PrecheckFails(String),
    /// An upgrade of the control plane goes on and on.
    UpgradeStuck,
    /// Upgrades of the control plane fail with this message.
    UpgradeFails(String),
    /// The cluster's load balancers do not drain a gateway's pod before it goes.
    NoDrain,
}

/// How an answer breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The connection ends before the request is done.
    BeforeDone,
    /// The request is done, and the connection ends before the answer.
    AnswerLost,
    /// The request is done, and half of its answer arrives.
    HalfAnswer,
    /// Nothing is done and nothing is answered.
    Silence,
}

/// Which requests something is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// All of them.
    Any,
    /// Those that change something.
    Writes,
    /// Those of one name, such as `UpgradeMeshVersion`.
    Named(String),
    /// The upgrade of the control plane: no precheck, and no gateway.
    Upgrade,
    /// The upgrade of gateways.
    GatewayUpgrade,
}

/// A request, as far as [`Action`] looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Its operation.
    pub(crate) action: &'a str,
    /// Its form, as it was written.
    pub(crate) form: &'a str,
}

impl Asked<'_> {
    fn is_partial_upgrade(self) -> bool {
        self.action == "UpgradeMeshEditionPartially" && self.field("PreCheck") == Some("false")
    }

    fn names_gateways(self) -> bool {
        self.field("UpgradeGatewayRecords").is_some_and(|records| !records.is_empty())
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.form.split('&').filter_map(|pair| pair.split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl Action {
    /// The requests of one name.
    pub fn named(name: &str) -> Self {
        Self::Named(name.to_owned())
    }

    fn is(&self, asked: Asked<'_>) -> bool {
        let name = asked.action;
        match self {
            Self::Any => true,
            Self::Writes => !name.starts_with("Describe") && !name.starts_with("Get"),
            Self::Named(wanted) => wanted == name,
            Self::Upgrade => asked.is_partial_upgrade() && !asked.names_gateways(),
            Self::GatewayUpgrade => asked.is_partial_upgrade() && asked.names_gateways(),
        }
    }
}

/// What happens to one request.
#[derive(Debug, Clone)]
pub(crate) enum Accident {
    Throttled(Option<Duration>),
    Fails(StatusCode),
    Breaks(Break),
    Hold(Arc<Gate>),
}

/// The faults that are in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    counted: Vec<(Action, u32, Accident)>,
    held: Vec<(Action, u32, Arc<Gate>)>,
    lasting: Vec<AsmFault>,
}

impl Faults {
    /// Takes a fault up.
    pub(crate) fn add(&mut self, fault: AsmFault) {
        let (on, times, accident) = match fault {
            AsmFault::Throttled { on, times, time_left } => {
                (on, times, Accident::Throttled(time_left))
            }
            AsmFault::Fails { on, times, status } => (on, times, Accident::Fails(status)),
            AsmFault::Breaks { on, times, how } => (on, times, Accident::Breaks(how)),
            AsmFault::Slow(_)
            | AsmFault::ClockSkew(_)
            | AsmFault::TokenExpired
            | AsmFault::Forbidden(_)
            | AsmFault::Locked
            | AsmFault::TargetMoved(_)
            | AsmFault::PrecheckFails(_)
            | AsmFault::UpgradeStuck
            | AsmFault::UpgradeFails(_)
            | AsmFault::NoDrain => {
                self.lasting.push(fault);
                return;
            }
        };
        self.counted.push((on, times, accident));
    }

    /// Holds the `nth` request, from 1, of those that `on` says.
    pub(crate) fn hold(&mut self, on: Action, nth: u32, gate: Arc<Gate>) {
        self.held.push((on, nth.max(1), gate));
    }

    /// Ends all of them.
    pub(crate) fn clear(&mut self) {
        for (_, _, gate) in &self.held {
            gate.open();
        }
        *self = Self::default();
    }

    /// What happens to a request, counting it.
    pub(crate) fn hit(&mut self, asked: Asked<'_>) -> Option<Accident> {
        if let Some(gate) = self.reach(asked) {
            return Some(Accident::Hold(gate));
        }
        let at = self.counted.iter().position(|(on, _, _)| on.is(asked))?;
        let (_, times, accident) = &mut self.counted[at];
        let accident = accident.clone();
        *times = times.saturating_sub(1);
        if *times == 0 {
            self.counted.remove(at);
        }
        Some(accident)
    }

    fn reach(&mut self, asked: Asked<'_>) -> Option<Arc<Gate>> {
        let mut stop = None;
        for (on, left, gate) in &mut self.held {
            if *left > 0 && on.is(asked) {
                *left -= 1;
                if *left == 0 {
                    stop = Some(gate.clone());
                }
            }
        }
        self.held.retain(|(_, left, _)| *left > 0);
        stop
    }

    /// How long answers take.
    pub(crate) fn delay(&self) -> Option<Duration> {
        self.find(|fault| if let AsmFault::Slow(delay) = fault { Some(*delay) } else { None })
    }

    /// How far the cloud's clock is off.
    pub(crate) fn skew(&self) -> SignedDuration {
        let skew = |fault: &AsmFault| {
            if let AsmFault::ClockSkew(skew) = fault { Some(*skew) } else { None }
        };
        self.find(skew).unwrap_or_default()
    }

    /// Whether the temporary key's token is over.
    pub(crate) fn token_expired(&self) -> bool {
        self.lasting.iter().any(|fault| matches!(fault, AsmFault::TokenExpired))
    }

    /// Whether the user may not ask this.
    pub(crate) fn forbids(&self, asked: Asked<'_>) -> bool {
        self.lasting.iter().any(|fault| matches!(fault, AsmFault::Forbidden(on) if on.is(asked)))
    }

    /// Whether the instance is locked.
    pub(crate) fn locked(&self) -> bool {
        self.lasting.iter().any(|fault| matches!(fault, AsmFault::Locked))
    }

    /// The target that the cloud has moved to.
    pub(crate) fn target(&self) -> Option<&str> {
        self.text(|fault| if let AsmFault::TargetMoved(to) = fault { Some(to) } else { None })
    }

    /// What the precheck finds.
    pub(crate) fn precheck(&self) -> Option<&str> {
        self.text(|fault| if let AsmFault::PrecheckFails(why) = fault { Some(why) } else { None })
    }

    /// Why upgrades fail.
    pub(crate) fn upgrade_fails(&self) -> Option<&str> {
        self.text(|fault| if let AsmFault::UpgradeFails(why) = fault { Some(why) } else { None })
    }

    /// Whether the cluster's load balancers drain.
    pub(crate) fn drains(&self) -> bool {
        !self.lasting.iter().any(|fault| matches!(fault, AsmFault::NoDrain))
    }

    /// Whether upgrades never end.
    pub(crate) fn stuck(&self) -> bool {
        self.lasting.iter().any(|fault| matches!(fault, AsmFault::UpgradeStuck))
    }

    fn find<T>(&self, such: impl Fn(&AsmFault) -> Option<T>) -> Option<T> {
        self.lasting.iter().find_map(such)
    }

    fn text(&self, such: impl Fn(&AsmFault) -> Option<&String>) -> Option<&str> {
        self.lasting.iter().find_map(such).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_fault_hits_its_action_only_and_wears_off() {
        let mut faults = Faults::default();
        faults.add(AsmFault::Fails {
            on: Action::Writes,
            times: 1,
            status: StatusCode::SERVICE_UNAVAILABLE,
        });

        let names = ["DescribeMetadata", "UpgradeMeshVersion", "UpgradeMeshVersion"];

        let asked = |action| Asked { action, form: "" };
        assert_eq!(names.map(|name| faults.hit(asked(name)).is_some()), [false, true, false]);
    }

    #[test]
    fn an_upgrade_is_no_precheck_and_a_gateway_no_control_plane() {
        let forms = [
            "PreCheck=true&ExpectedVersion=1.17.2",
            "PreCheck=false&ExpectedVersion=1.17.2",
            "PreCheck=false&UpgradeGatewayRecords=istio-system%3Aa",
            "ExpectedVersion=1.17.2",
        ];
        let of = |on: Action| {
            forms.map(|form| on.is(Asked { action: "UpgradeMeshEditionPartially", form }))
        };

        assert_eq!(of(Action::Upgrade), [false, true, false, false]);
        assert_eq!(of(Action::GatewayUpgrade), [false, false, true, false]);
        let other = Asked { action: "UpgradeMeshVersion", form: forms[1] };
        assert!(!Action::Upgrade.is(other));
    }
}
