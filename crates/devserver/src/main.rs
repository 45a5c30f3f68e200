//! `meshlift-dev`: the application over loopback HTTP.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use meshlift_app::settings::file::FileStore;
use meshlift_app::{DemoPace, KubeconfigSources, Meshlift, Options};
use meshlift_devserver::{Config, Door};
use tokio_util::sync::CancellationToken;

const USAGE: &str = "meshlift-dev [--data DIR] [--port N] [--kubeconfig PATHS] [--operate]
             [--demo-pace real|quick|instant|off] [--pages DIR] [--origin URL]...

Serves the application on 127.0.0.1. Read-only unless --operate is given.";

/// Said at the start, so that nobody has to try.
const READ_ONLY: &str =
    "Read-only: nothing is written to any cluster. --operate lets it write (make dev OPERATE=1).";
const WRITES: &str = "It may write to clusters: --operate was given.";

/// What the command line says.
struct Arguments {
    data: PathBuf,
    kubeconfig: Option<std::ffi::OsString>,
    pace: Option<DemoPace>,
    config: Config,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter("warn,kube_client=error,meshlift=info")
        .with_writer(std::io::stderr)
        .init();
    let Some(arguments) = parse(std::env::args().skip(1))? else {
        say(USAGE);
        return Ok(());
    };
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;

    let app =
        Meshlift::open(options(&arguments)).await.context("failed to open the application")?;
    let operates = arguments.config.operate;
    let door = Door::open(app.clone(), arguments.config).await.context("failed to listen")?;
    say(&format!("http://{}/", door.address()));
    say(&format!("x-meshlift-token: {}", door.token().reveal()));
    say(if operates { WRITES } else { READ_ONLY });
    say("Ctrl+C stops it.");

    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let served = tokio::select! {
        served = door.serve(stop.clone()) => served,
        // Watches never end by themselves, and a graceful stop would wait for them.
        () = stop.cancelled() => Ok(()),
    };
    app.close().await;
    served.context("failed to serve")
}

fn options(arguments: &Arguments) -> Options {
    Options {
        read_only_forced: !arguments.config.operate,
        kubeconfigs: KubeconfigSources {
            env: arguments.kubeconfig.clone().or_else(|| std::env::var_os("KUBECONFIG")),
            home: std::env::home_dir(),
        },
        demo: arguments.pace,
        ..Options::new(
            arguments.data.clone(),
            Arc::new(FileStore::new(arguments.data.join("settings.json"))),
        )
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Option<Arguments>> {
    let mut arguments = Arguments {
        data: default_data(),
        kubeconfig: None,
        pace: Some(DemoPace::Quick),
        config: Config { pages: Some(PathBuf::from("ui/dist")), ..Config::default() },
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--operate" => arguments.config.operate = true,
            "--data" => arguments.data = std::path::absolute(value()?)?,
            "--port" => arguments.config.port = value()?.parse().context("--port is no number")?,
            "--kubeconfig" => arguments.kubeconfig = Some(value()?.into()),
            "--pages" => arguments.config.pages = Some(value()?.into()),
            "--origin" => arguments.config.origins.push(value()?),
            "--demo-pace" => arguments.pace = pace(&value()?)?,
            _ => bail!("`{word}` is not understood\n\n{USAGE}"),
        }
    }
    Ok(Some(arguments))
}

fn pace(word: &str) -> anyhow::Result<Option<DemoPace>> {
    Ok(match word {
        "real" => Some(DemoPace::Real),
        "quick" => Some(DemoPace::Quick),
        "instant" => Some(DemoPace::Instant),
        "off" => None,
        _ => bail!("--demo-pace is real, quick, instant or off"),
    })
}

fn default_data() -> PathBuf {
    std::env::home_dir().unwrap_or_default().join(".local/state/meshlift-dev")
}

#[expect(clippy::print_stdout, reason = "the address is what the user asked for")]
fn say(text: &str) {
    println!("{text}");
}
