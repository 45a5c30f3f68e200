//! The simulator's istioctl as a program of its own: `simulated-istioctl <address> <version> <words>`.

use std::env;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use meshlift_scenarios::world::ask_istioctl;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let mut words = env::args().skip(1);
    let address = words.next().context("no address")?;
    let version = words.next().context("no version")?;
    let arguments: Vec<String> = words.collect();
    let (status, output, errors) = ask_istioctl(&address, &version, &arguments).await?;
    std::io::stdout().write_all(output.as_bytes())?;
    std::io::stderr().write_all(errors.as_bytes())?;
    Ok(u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from))
}
