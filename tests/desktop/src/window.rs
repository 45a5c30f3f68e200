//! The real window: the built binary, opened by `WebKitWebDriver` on a virtual screen.
//!
//! Entry point: [`Window::open`]. The driver is told which program to start, and the environment
//! tells the program that it is driven; nothing is compiled into it for the test.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::Signal;
use serde_json::json;
use thirtyfour::{Capabilities, WebDriver};

use crate::page::{CALL, Page};
use crate::patience::{limited, until};
use crate::process::{Process, children_of, lives, signal};
use crate::{Pictures, Screen};

/// How long the window may take to open.
const OPENS: Duration = Duration::from_mins(1);

/// How the window is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// Data folder. Opened again, it is the same application.
    pub data: PathBuf,
    /// Kubeconfig files; none for the demo mesh alone.
    pub kubeconfigs: Vec<PathBuf>,
    /// Folders where programs such as istioctl are found first.
    pub programs: Vec<PathBuf>,
    /// Whether every write is refused.
    pub read_only: bool,
}

impl Start {
    /// The demo mesh alone, with its data in `data`.
    pub fn demo(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), kubeconfigs: vec![], programs: vec![], read_only: false }
    }
}

/// An open window; closed when dropped.
#[derive(Debug)]
pub struct Window {
    page: Option<Page>,
    app: u32,
    display: String,
    last_sight: Option<PathBuf>,
    _driver: Process,
}

impl Window {
    /// Opens the window and waits until its page is there.
    pub async fn open(screen: &Screen, start: &Start) -> anyhow::Result<Self> {
        let binary = binary()?;
        std::fs::create_dir_all(&start.data)
            .with_context(|| format!("failed to create {}", start.data.display()))?;
        let port = free_port()?;
        let mut driver = driver(screen, start, port)?;
        until("WebKitWebDriver", CALL, async || {
            ensure!(!driver.has_ended(), "WebKitWebDriver ended");
            let reached = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
            Ok(reached.map(drop).map_err(|error| error.to_string()))
        })
        .await?;
        let session =
            WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities(&binary, start)?);
        let page = Page::new(limited("opening the window", OPENS, session).await?);
        let app = started(driver.id(), &binary)?;
        let window = Self {
            page: Some(page),
            app,
            display: screen.display.clone(),
            last_sight: None,
            _driver: driver,
        };
        window.find_within(OPENS, "navigation", "*").await?;
        Ok(window)
    }

    /// Takes a picture of what is on the screen now.
    pub async fn picture(&self, pictures: &mut Pictures, name: &str) -> anyhow::Result<()> {
        self.drawn().await?;
        pictures.take(&self.display, name).await?;
        Ok(())
    }

    /// Takes a picture into this folder if the window is dropped without being closed.
    #[must_use]
    pub fn watched(mut self, pictures: &Pictures) -> Self {
        self.last_sight = Some(pictures.folder().join("failed.png"));
        self
    }

    /// Closes the window the ordinary way.
    pub async fn close(mut self) -> anyhow::Result<()> {
        match self.page.take() {
            Some(page) => page.end().await,
            None => Ok(()),
        }
    }

    /// Ends the program without a chance to tidy up, as a crash or a power cut would.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        signal(self.app, Signal::KILL);
        let app = self.app;
        until("the program's end", CALL, async || {
            Ok(if lives(app) { Err(format!("process {app} lives")) } else { Ok(()) })
        })
        .await?;
        if let Some(page) = self.page.take() {
            page.leave();
        }
        Ok(())
    }
}

impl Deref for Window {
    type Target = Page;

    fn deref(&self) -> &Page {
        match &self.page {
            Some(page) => page,
            // `close` and `kill` take the window itself, so nobody is left to look at it.
            None => unreachable!("an open window has a page"),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let Some(page) = self.page.take() else { return };
        // Neither closed nor killed: the journey failed, and this is what it saw.
        if let Some(file) = &self.last_sight {
            Command::new("import")
                .args(["-display", &self.display, "-window", "root"])
                .arg(file)
                .status()
                .ok();
        }
        signal(self.app, Signal::KILL);
        page.leave();
    }
}

/// Where Cargo puts what it builds.
pub(crate) fn target_folder() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
    }
}

fn binary() -> anyhow::Result<PathBuf> {
    let wanted = match std::env::var_os("MESHLIFT_BINARY") {
        Some(binary) => PathBuf::from(binary),
        None => target_folder().join("debug/meshlift"),
    };
    std::fs::canonicalize(&wanted).with_context(|| {
        format!("{} is not built; `make test-desktop` builds it", wanted.display())
    })
}

fn driver(screen: &Screen, start: &Start, port: u16) -> anyhow::Result<Process> {
    let variables = variables(screen, start)?;
    Process::start("WebKitWebDriver", |command| {
        command
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .env_clear()
            .envs(variables)
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
    })
}

/// Starts the program beside an open window, undriven, and waits until it ends.
pub(crate) async fn start_beside(screen: &Screen, start: &Start) -> anyhow::Result<ExitStatus> {
    let mut command = tokio::process::Command::new(binary()?);
    command.args(words(start)?).env_clear().envs(variables(screen, start)?);
    command.stdin(Stdio::null()).kill_on_drop(true);
    limited("the second start", OPENS, command.status()).await
}

/// Nothing of the developer's own: no kubeconfig, no settings, no language.
fn variables(screen: &Screen, start: &Start) -> anyhow::Result<Vec<(&'static str, OsString)>> {
    let home = start.data.join("home");
    std::fs::create_dir_all(&home).context("failed to create a home folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = start.programs.iter().cloned().chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).context("a program folder has a colon in its name")?;
    Ok(vec![
        ("PATH", path),
        ("HOME", home.into()),
        ("LANG", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
        ("TERM", "dumb".into()),
        ("USER", "li".into()),
        ("DISPLAY", screen.display.clone().into()),
        ("DBUS_SESSION_BUS_ADDRESS", screen.bus.clone().into()),
        ("XDG_RUNTIME_DIR", screen.runtime_folder().into()),
        ("GDK_BACKEND", "x11".into()),
        ("GTK_A11Y", "none".into()),
        ("NO_AT_BRIDGE", "1".into()),
        ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".into()),
    ])
}

fn capabilities(binary: &Path, start: &Start) -> anyhow::Result<Capabilities> {
    let options = json!({ "binary": text(binary)?, "args": words(start)? });
    let mut capabilities = Capabilities::new();
    capabilities.set("webkitgtk:browserOptions", options).context("no capabilities")?;
    Ok(capabilities)
}

fn words(start: &Start) -> anyhow::Result<Vec<String>> {
    let mut words = vec!["--data".to_owned(), text(&start.data)?];
    for file in &start.kubeconfigs {
        words.extend(["--kubeconfig".to_owned(), text(file)?]);
    }
    if start.read_only {
        words.push("--read-only".to_owned());
    }
    Ok(words)
}

fn text(path: &Path) -> anyhow::Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("{} is not text", path.display()))
}

fn started(driver: u32, binary: &Path) -> anyhow::Result<u32> {
    let started = children_of(driver, binary);
    let [app] = started[..] else {
        anyhow::bail!("the driver started {} programs instead of one", started.len());
    };
    Ok(app)
}

/// A port that was free a moment ago; the driver has no way to choose one itself.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("no address")?.port())
}
