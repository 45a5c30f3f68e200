//! What a test can order to go wrong.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::sync::watch;

/// Something that goes wrong. The first four happen a number of times and are over; the others
/// last until [`heal`](crate::SimMesh::heal).
#[derive(Debug, Clone)]
pub enum Fault {
    /// The next requests get this HTTP status, such as 429, 500 or 409, and do nothing.
    Answer {
        /// Which requests.
        on: On,
        /// How many of them.
        times: u32,
        /// The status.
        status: StatusCode,
        /// Seconds in `Retry-After`.
        retry_after: Option<u32>,
    },
    /// The next requests are never answered and do nothing.
    Hang {
        /// Which requests.
        on: On,
        /// How many of them.
        times: u32,
    },
    /// The connection of the next requests breaks before they do anything.
    Drop {
        /// Which requests.
        on: On,
        /// How many of them.
        times: u32,
    },
    /// The next requests are done, and their connection breaks before the answer.
    AnswerLost {
        /// Which requests.
        on: On,
        /// How many of them.
        times: u32,
    },
    /// Open watches end with 410, and no watch can go back behind this moment. At once, once.
    WatchesExpire,
    /// Every open connection breaks, as when the API server restarts. At once, once.
    Restart,
    /// Answers take this long.
    Slow(Duration),
    /// The webhook of a revision does not answer, though its pods are ready.
    WebhookDown {
        /// The revision.
        revision: String,
    },
    /// New pods of a workload crash again and again.
    CrashLoop {
        /// Its namespace.
        namespace: String,
        /// Its name.
        workload: String,
    },
    /// New pods of a workload find no node.
    Pending {
        /// Its namespace.
        namespace: String,
        /// Its name.
        workload: String,
    },
    /// The proxies of a namespace's pods never acknowledge what istiod sends.
    Stale {
        /// The namespace.
        namespace: String,
    },
    /// The user may not do this.
    Denied {
        /// Such as `list`; `*` for every verb.
        verb: String,
        /// Such as `pods` or `pods/portforward`.
        resource: String,
        /// In one namespace, or everywhere.
        namespace: Option<String>,
    },
    /// Another cluster answers under the same address.
    OtherCluster {
        /// UID of its kube-system namespace.
        uid: String,
    },
    /// `istioctl install` fails after it has applied half of its objects.
    InstallFails,
}

/// Which requests a fault hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct On {
    method: Option<Method>,
    path: Option<String>,
    writes: bool,
}

impl On {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests that are not GET.
    pub fn writes() -> Self {
        Self { writes: true, ..Self::default() }
    }

    /// Requests of a method.
    pub fn method(method: Method) -> Self {
        Self { method: Some(method), ..Self::default() }
    }

    /// Of these, requests whose path and query contain a text.
    #[must_use]
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.path = Some(part.into());
        self
    }

    fn hits(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
            && !(self.writes && *method == Method::GET)
    }
}

/// A request that is held before it does anything, until this is dropped.
#[derive(Debug)]
pub struct Held(Arc<Gate>);

impl Held {
    /// A new gate, and who holds it shut.
    pub(crate) fn new() -> (Self, Arc<Gate>) {
        let (reached, open) = (watch::Sender::new(false), watch::Sender::new(false));
        let gate = Arc::new(Gate { reached, open });
        (Self(gate.clone()), gate)
    }

    /// Waits until the request is there.
    pub async fn reached(&self) {
        // The sender lives in the gate that is held here.
        drop(self.0.reached.subscribe().wait_for(|reached| *reached).await);
    }

    /// Lets the request go on.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Between a held request and whoever holds it.
#[derive(Debug)]
pub(crate) struct Gate {
    reached: watch::Sender<bool>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// Lets whoever waits go on.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Lets a request wait until it may go on.
    pub(crate) async fn pass(&self) {
        self.reached.send_replace(true);
        // The sender lives in this gate.
        drop(self.open.subscribe().wait_for(|open| *open).await);
    }
}

/// What happens to a request instead of its answer.
#[derive(Debug, Clone)]
pub(crate) enum Accident {
    Answer { status: StatusCode, retry_after: Option<u32> },
    Hang,
    Drop,
    AnswerLost,
    Hold(Arc<Gate>),
}

/// The faults that are in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    counted: Vec<(On, u32, Accident)>,
    held: Vec<(On, u32, Arc<Gate>)>,
    lasting: Vec<Fault>,
}

impl Faults {
    /// Takes a fault up.
    pub(crate) fn add(&mut self, fault: Fault) {
        let counted = match &fault {
            Fault::Answer { on, times, status, retry_after } => {
                let (status, retry_after) = (*status, *retry_after);
                Some((on, *times, Accident::Answer { status, retry_after }))
            }
            Fault::Hang { on, times } => Some((on, *times, Accident::Hang)),
            Fault::Drop { on, times } => Some((on, *times, Accident::Drop)),
            Fault::AnswerLost { on, times } => Some((on, *times, Accident::AnswerLost)),
            Fault::WatchesExpire | Fault::Restart => return,
            Fault::Slow(_)
            | Fault::WebhookDown { .. }
            | Fault::CrashLoop { .. }
            | Fault::Pending { .. }
            | Fault::Stale { .. }
            | Fault::Denied { .. }
            | Fault::OtherCluster { .. }
            | Fault::InstallFails => None,
        };
        match counted {
            Some((on, times, accident)) => self.counted.push((on.clone(), times, accident)),
            None => self.lasting.push(fault),
        }
    }

    /// Holds the request that is the `nth`, from 1, of those it says.
    pub(crate) fn hold(&mut self, on: On, nth: u32) -> Held {
        let (held, gate) = Held::new();
        self.held.push((on, nth.max(1), gate));
        held
    }

    /// Ends all of them.
    pub(crate) fn clear(&mut self) {
        for (_, _, gate) in &self.held {
            gate.open();
        }
        *self = Self::default();
    }

    /// What happens to this request, counting it.
    pub(crate) fn hit(&mut self, method: &Method, path: &str) -> Option<Accident> {
        if let Some(gate) = self.reach(method, path) {
            return Some(Accident::Hold(gate));
        }
        let at = self.counted.iter().position(|(on, _, _)| on.hits(method, path))?;
        let (_, times, accident) = &mut self.counted[at];
        let accident = accident.clone();
        *times = times.saturating_sub(1);
        if *times == 0 {
            self.counted.remove(at);
        }
        Some(accident)
    }

    /// The gate at which this request must stop, counting it.
    fn reach(&mut self, method: &Method, path: &str) -> Option<Arc<Gate>> {
        let mut stop = None;
        for (on, left, gate) in &mut self.held {
            if *left > 0 && on.hits(method, path) {
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
        self.lasting.iter().find_map(|fault| {
            let Fault::Slow(delay) = fault else { return None };
            Some(*delay)
        })
    }

    /// The UID under which another cluster answers.
    pub(crate) fn other_cluster(&self) -> Option<&str> {
        self.lasting.iter().find_map(|fault| {
            let Fault::OtherCluster { uid } = fault else { return None };
            Some(uid.as_str())
        })
    }

    /// Whether the webhook of a revision is down.
    pub(crate) fn webhook_down(&self, wanted: &str) -> bool {
        self.lasting
            .iter()
            .any(|fault| matches!(fault, Fault::WebhookDown { revision } if revision == wanted))
    }

    /// Whether new pods of a workload crash.
    pub(crate) fn crashes(&self, of: (&str, &str)) -> bool {
        self.lasting.iter().any(|fault| {
            matches!(fault, Fault::CrashLoop { namespace, workload }
                if (namespace.as_str(), workload.as_str()) == of)
        })
    }

    /// Whether new pods of a workload find no node.
    pub(crate) fn pends(&self, of: (&str, &str)) -> bool {
        self.lasting.iter().any(|fault| {
            matches!(fault, Fault::Pending { namespace, workload }
                if (namespace.as_str(), workload.as_str()) == of)
        })
    }

    /// Whether proxies of a namespace do not acknowledge.
    pub(crate) fn stale(&self, of: &str) -> bool {
        self.lasting
            .iter()
            .any(|fault| matches!(fault, Fault::Stale { namespace } if namespace == of))
    }

    /// Whether an install fails halfway.
    pub(crate) fn install_fails(&self) -> bool {
        self.lasting.iter().any(|fault| matches!(fault, Fault::InstallFails))
    }

    /// Whether the user may not do this. An access that is denied in one namespace is denied
    /// over all namespaces as well.
    pub(crate) fn denies(&self, verb: &str, resource: &str, namespace: &str) -> bool {
        self.lasting.iter().any(|fault| {
            let Fault::Denied { verb: denied, resource: of, namespace: within } = fault else {
                return false;
            };
            (denied == "*" || denied == verb)
                && of == resource
                && within
                    .as_deref()
                    .is_none_or(|within| within == namespace || namespace.is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_fault_wears_off() {
        let mut faults = Faults::default();
        faults.add(Fault::Drop { on: On::writes().path("/shop/"), times: 2 });

        let hits: Vec<_> = [
            (Method::GET, "/shop/a"),
            (Method::POST, "/till/a"),
            (Method::POST, "/shop/a"),
            (Method::PATCH, "/shop/a"),
            (Method::PATCH, "/shop/a"),
        ]
        .iter()
        .map(|(method, path)| faults.hit(method, path).is_some())
        .collect();

        assert_eq!(hits, [false, false, true, true, false]);
    }

    #[test]
    fn a_denial_in_one_namespace_denies_the_whole_list() {
        let mut faults = Faults::default();
        faults.add(Fault::Denied {
            verb: "list".into(),
            resource: "pods".into(),
            namespace: Some("shop".into()),
        });

        assert!(faults.denies("list", "pods", "shop"));
        assert!(faults.denies("list", "pods", ""));
        assert!(!faults.denies("list", "pods", "till"));
        assert!(!faults.denies("watch", "pods", "shop"));
    }
}
