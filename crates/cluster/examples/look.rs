//! Scratch.
use futures::StreamExt;
use meshlift_cluster::{connection::Connection, contexts, door::Door, snapshot};
#[tokio::main]
async fn main() {
    let files = contexts::KubeconfigFiles { env: std::env::var_os("KUBECONFIG"), ..Default::default() };
    let read = contexts::read(&files);
    println!("{:?}", read);
    let t = std::time::Instant::now();
    let c = match Connection::open(&read.contexts[0], Door::new(true)).await { Ok(c) => c, Err(e) => { println!("{e}"); return; } };
    println!("{:?} {} in {:?}", c, c.user().await, t.elapsed());
    let t = std::time::Instant::now();
    match snapshot::read(&c).await {
        Ok(s) => {
            println!("read {} pods {} workloads in {:?}", s.pods.len(), s.workloads.len(), t.elapsed());
            println!("{:#?}", s.control_planes);
            println!("{:?} {:?}", s.unsupported, s.unreadable);
            for i in &s.injectors { println!("injector {} rev {} tag {:?} {}", i.name, i.revision, i.tag, i.webhooks.len()); }
            for v in &s.validators { println!("{v:?}"); }
            for w in s.workloads.values() { println!("{} {:?} {:?} {:?} {}", w.reference, w.role, w.strategy, w.status, &w.template.hash[..8]); }
            for p in s.pods.values().take(20) { println!("{} {:?} {:?} ready {} {:?}", p.reference, p.workload, p.phase, p.ready, p.proxy); }
            println!("{:?}", s.budgets);
        }
        Err(e) => println!("{e}"),
    }
    let mut w = snapshot::watch(c, Default::default());
    let t = std::time::Instant::now();
    let secs: u64 = std::env::args().nth(1).map_or(3, |s| s.parse().unwrap());
    let end = tokio::time::sleep(std::time::Duration::from_secs(secs));
    tokio::pin!(end);
    loop { tokio::select! { r = w.next() => match r { Some(snapshot::Reading::Page(s)) => println!("{:?} page {} {}", t.elapsed(), s.pods.len(), s.workloads.len()),
        Some(snapshot::Reading::Ready(s)) => println!("{:?} ready pods {} (no proxy {}) wl {} rolling {} labels {:?}", t.elapsed(), s.pods.len(), s.pods.values().filter(|p| p.proxy.is_none()).count(), s.workloads.len(), s.workloads.values().filter(|w| w.status.rollout() != meshlift_core::inventory::RolloutState::Complete).count(), s.namespaces.get("shop").map(|n| n.injection_labels())),
        Some(snapshot::Reading::Lost(e)) => println!("{:?} lost {e}", t.elapsed()), None => { println!("end"); break } }, () = &mut end => break } }
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" "));
}
