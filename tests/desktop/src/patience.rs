//! Waiting for something to become true, with a limit and a reason when it did not.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::{Instant, timeout};

/// How often a condition outside this process is looked at again.
const GLANCE: Duration = Duration::from_millis(250);

/// Asks `probe` until it answers, for `limit` at most. What it says otherwise is kept for the
/// failure, so that a test which waits in vain tells what it saw.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> anyhow::Result<Result<T, String>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + limit;
    loop {
        match probe().await.with_context(|| format!("waiting for {what}"))? {
            Ok(found) => return Ok(found),
            Err(seen) if Instant::now() >= end => {
                bail!("waited {} s for {what}; {seen}", limit.as_secs())
            }
            Err(_) => tokio::time::sleep(GLANCE).await,
        }
    }
}

/// One call to another program, which may hang.
pub(crate) async fn limited<T, E>(
    what: &str,
    limit: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    match timeout(limit, call).await {
        Ok(answer) => answer.with_context(|| format!("failed: {what}")),
        Err(_) => bail!("no answer within {} s: {what}", limit.as_secs()),
    }
}
