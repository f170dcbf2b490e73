//! `run`: the job in this process.

use std::io::{self, IsTerminal};
use std::sync::{Arc, OnceLock};

use super::interrupt::Interrupts;
use super::progress::Progress;
use super::request::Request;
use super::screen::Screen;
use super::summary::summary;
use super::{EXIT_FAILED, EXIT_INTERRUPTED, cores, logs, refuse, report};
use crate::http::{Answer, MetricsServer, ServeError, scrape};
use crate::job::{RunError, prepare};
use crate::plan::Plan;
use crate::task::{Control, Ending, Options, Summary, Watch, start};

/// Runs the job to its end.
pub(super) fn run(request: &Request, screen: &Screen) -> u8 {
    logs::start(&request.options.log, screen);
    let plan = match prepare(&request.definition, &request.arguments, &request.operators) {
        Ok(plan) => plan,
        Err(error) => return refuse(&error, screen),
    };
    let control = Control::new();
    let interrupts = Interrupts::install(control.clone(), screen.clone());
    let watch = Arc::new(OnceLock::new());
    // Bound before anything is opened: a port in use should not cost a connection to a database.
    let _server = match serve(request, screen, &watch) {
        Ok(server) => server,
        Err(error) => {
            report(screen, &error);
            return EXIT_FAILED;
        }
    };
    match execute(plan, request, screen, &control, &watch) {
        Ok(ended) => {
            if ended.ending == Ending::FinishedBefore {
                screen.print(FINISHED_BEFORE);
            } else if !request.options.quiet {
                screen.print(&summary(&ended.metrics, ended.ending != Ending::Finished));
            }
            // A job also stops when nobody reads what it prints any more (`job | head`), which is no interruption.
            if interrupts.any() { EXIT_INTERRUPTED } else { 0 }
        }
        Err(error) => refuse(&error, screen),
    }
}

const FINISHED_BEFORE: &str = "this job has finished before, as its checkpoint directory says: there is nothing to do\nhelp: --fresh begins anew\n";

fn execute(
    plan: Plan,
    request: &Request,
    screen: &Screen,
    control: &Control,
    watch: &OnceLock<Watch>,
) -> Result<Summary, RunError> {
    let live = !request.options.quiet && io::stderr().is_terminal() && !draws_over_records(&plan);
    let defaults = Options::default();
    let options = Options {
        name: request.definition.function.to_owned(),
        parallelism: request.options.parallelism.unwrap_or_else(cores),
        buffer_timeout: request.options.buffer_timeout.unwrap_or(defaults.buffer_timeout),
        checkpoints: request.options.checkpoints.clone(),
        state: request.options.state.clone(),
        ..defaults
    };
    tracing::info!(
        pipeline = request.definition.function,
        parallelism = options.parallelism,
        "starting"
    );
    let running = start(plan, &options, control).map_err(RunError::Job)?;
    let watch = watch.get_or_init(|| running.watch()).clone();
    let progress = live.then(|| Progress::start(screen.clone(), move || watch.metrics()));
    let ended = running.wait();
    drop(progress);
    ended.map_err(RunError::Job)
}

/// True if records are printed to the terminal that the progress line would be on.
fn draws_over_records(plan: &Plan) -> bool {
    let mut operators = plan.chains().iter().flat_map(|chain| &chain.spec.operators);
    io::stdout().is_terminal()
        && operators.any(|operator| operator.kind == "sink" && operator.text.contains("print"))
}

fn serve(
    request: &Request,
    screen: &Screen,
    watch: &Arc<OnceLock<Watch>>,
) -> Result<Option<MetricsServer>, ServeError> {
    let Some(address) = request.options.metrics else { return Ok(None) };
    let watch = Arc::clone(watch);
    let answer: Answer = Arc::new(move |path| match path {
        "/metrics" => {
            let metrics = watch.get().map(Watch::metrics);
            let text = metrics.as_ref().map(scrape).unwrap_or_default();
            Some(("text/plain; version=0.0.4; charset=utf-8", text))
        }
        "/health" => Some(("text/plain; charset=utf-8", "ok\n".to_owned())),
        _ => None,
    });
    let server = MetricsServer::start(address, answer)?;
    if !request.options.quiet {
        screen.print(&format!("metrics at http://{}/metrics\n", server.address()));
    }
    Ok(Some(server))
}
