//! Pictures of the screen, numbered in the order in which they are taken.
//!
//! They come from the X server: `WebDriver`'s own screenshot never answers on a virtual screen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::patience::limited;

/// Fewer colours than this, and the window was not drawn.
const COLOURS_OF_A_PAGE: u32 = 16;

/// A folder that pictures are put into.
#[derive(Debug)]
pub struct Pictures {
    folder: PathBuf,
    taken: u32,
}

impl Pictures {
    /// Pictures of one journey: in `MESHLIFT_PICTURES` if it is set, else under the build folder.
    pub fn of(journey: &str) -> anyhow::Result<Self> {
        let folder = match std::env::var_os("MESHLIFT_PICTURES") {
            Some(folder) => PathBuf::from(folder),
            None => crate::window::target_folder().join("pictures").join(journey),
        };
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("failed to empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("failed to create {}", folder.display()))?;
        Ok(Self { folder, taken: 0 })
    }

    /// Takes a picture of the screen and checks that something is on it.
    pub(crate) async fn take(&mut self, display: &str, name: &str) -> anyhow::Result<PathBuf> {
        self.taken += 1;
        let file = self.folder.join(format!("{:02}-{name}.png", self.taken));
        let path = file.to_str().context("the picture's path is not text")?;
        run("import", &["-display", display, "-window", "root", path]).await?;
        let colours = run("identify", &["-format", "%k", path]).await?;
        let colours: u32 = colours.trim().parse().context("identify did not count colours")?;
        ensure!(colours >= COLOURS_OF_A_PAGE, "{path} is blank: {colours} colours");
        Ok(file)
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

async fn run(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    let output = limited(program, Duration::from_secs(30), command.output()).await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed: {}", complaint.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
