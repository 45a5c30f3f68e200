//! One operation in a process of its own, which a scenario can kill: `operate <desk> <work>`, both as
//! JSON. Prints `started <run>` and at last `succeeded`, or says on its standard error what went wrong.

use std::env;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use meshlift_scenarios::Operator;
use meshlift_scenarios::scenario::Work;

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = env::args().skip(1);
    let desk = serde_json::from_str(&words.next().context("no desk")?).context("the desk")?;
    let work = serde_json::from_str(&words.next().context("no work")?).context("the work")?;
    let operator = Operator::open(desk).await?;
    operator.sight("the mesh", |_| true).await?;
    let run_id = match work {
        Work::Start(operation) => {
            let plan = operator.plan(operation).await?;
            operator.start_run(&plan).await?
        }
        Work::Resume => {
            let run_id = operator.interrupted().await?;
            let request = meshlift_app::api::dto::RunId { run_id: run_id.clone() };
            operator.app().run_resume(request).await?;
            run_id
        }
    };
    say(&format!("started {run_id}"))?;
    operator.follow(&run_id).await?;
    operator.close().await?;
    say("succeeded")
}

fn say(line: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).context("writing to standard output")
}
