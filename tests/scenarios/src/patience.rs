//! Waiting with a limit, and with the name of what was waited for.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::time::{Instant, sleep, timeout};

const POLL: Duration = Duration::from_millis(200);

/// Lets `work` take `limit` at most.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match timeout(limit, work).await {
        Ok(done) => done.with_context(|| what.to_owned()),
        Err(_) => bail!("{what} took longer than {limit:?}"),
    }
}

/// Asks `check` again and again until it is content, for `limit` at most, and then says what it missed.
pub async fn until<T, F, A>(limit: Duration, what: &str, mut check: F) -> Result<T>
where
    F: FnMut() -> A,
    A: Future<Output = Result<T>>,
{
    let deadline = Instant::now() + limit;
    loop {
        match check().await {
            Ok(found) => return Ok(found),
            Err(error) if Instant::now() > deadline => {
                return Err(error.context(format!("waited {limit:?} for {what}")));
            }
            Err(_) => sleep(POLL).await,
        }
    }
}
