//! From a command line, the environment and a file to what is to be done.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command};

use super::command::command;
use super::inspect::Inspection;
use super::options::{CONFIG, Options, RESERVED, config_parameter};
use crate::checkpoint::store::Place;
use crate::config::JobFile;
use crate::job::{
    Args, ArgumentError, ArgumentErrors, Arguments, Arity, Definition, Given, Layer, Origin,
    Parameter,
};
use crate::nearest::nearest;
use crate::plan::OperatorSettings;
use crate::task::{SavepointRequest, Wish};

/// What is to be done.
pub(crate) struct Request {
    pub(crate) definition: Definition,
    pub(crate) verb: Verb,
    pub(crate) arguments: Arguments,
    pub(crate) options: Options,
    pub(crate) operators: BTreeMap<String, OperatorSettings>,
}

/// The subcommand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verb {
    Run,
    Plan(Format),
    /// Say what would become of a savepoint.
    Diff(String, Format),
    /// Show what is saved.
    Inspect(Inspection),
    /// List the checkpoints there are.
    Checkpoints,
    /// Ask the job that runs from the checkpoint directory.
    Ask(SavepointRequest),
}

impl Verb {
    /// True if it needs the pipeline's arguments.
    fn builds(&self) -> bool {
        matches!(self, Verb::Run | Verb::Plan(_) | Verb::Diff(..))
    }
}

/// How a plan is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Text,
    Json,
    Dot,
    Svg,
}

/// Why nothing is to be done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// This was asked for.
    Help(String),
    /// This is wrong with how the job was started.
    Usage(Vec<ArgumentError>),
    /// This is wrong with the binary itself.
    Definition(Vec<String>),
}

/// Reads a variable of the environment.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads a request. `argv` starts with the binary's name.
pub(crate) fn read(
    definitions: Vec<Definition>,
    argv: Vec<String>,
    environment: Environment<'_>,
) -> Result<Request, Stop> {
    let conflicts: Vec<String> =
        definitions.iter().flat_map(|definition| definition.conflicts(&RESERVED)).collect();
    if !conflicts.is_empty() {
        return Err(Stop::Definition(conflicts));
    }
    let mut option_parameters = Options::parameters();
    option_parameters.push(config_parameter());
    let name = binary_name(&argv);
    let looks_at_state = argv.get(definitions.len().min(2)).is_some_and(|word| word == STATE);
    let command = command(&name, &definitions, &option_parameters, !looks_at_state);
    let (matches, mut errors) = parse(&command, argv)?;
    let (index, matches) = choose(&definitions, &matches);
    let definition = definitions[index].clone();
    let (verb, matches) = verb(matches);
    let sources = Sources { definitions: &definitions, chosen: &definition, matches, environment };
    let read = sources.arguments(&option_parameters, verb.builds(), &mut errors);
    match read {
        Some((arguments, options, operators)) if errors.is_empty() => {
            Ok(Request { definition, verb, arguments, options, operators })
        }
        _ => Err(Stop::Usage(errors)),
    }
}

/// The file name of the binary, for the help.
fn binary_name(argv: &[String]) -> String {
    let path = argv.first().map(PathBuf::from).unwrap_or_default();
    path.file_name().map_or("job".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The words that are no values.
const VERBS: [&str; 6] = ["run", "plan", "checkpoints", "savepoint", "stop", STATE];
/// The one that looks at saved state.
const STATE: &str = "state";

/// The most options that are reported as unknown: more are hardly slips.
const UNKNOWN_MAX: usize = 20;

/// Parses the command line. Clap stops at the first unknown option; to report all, it is taken out and the rest is
/// parsed again.
fn parse(
    command: &Command,
    mut argv: Vec<String>,
) -> Result<(ArgMatches, Vec<ArgumentError>), Stop> {
    let mut errors = Vec::new();
    loop {
        let error = match command.clone().try_get_matches_from(&argv) {
            Ok(matches) => return Ok((matches, errors)),
            Err(error) => error,
        };
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            return Err(Stop::Help(error.render().to_string()));
        }
        let unknown = match (error.kind(), error.get(ContextKind::InvalidArg)) {
            (ErrorKind::UnknownArgument, Some(ContextValue::String(option))) => option.clone(),
            _ => {
                errors.push(ArgumentError::Other(in_one_line(&error)));
                return Err(Stop::Usage(errors));
            }
        };
        errors.push(unknown_option(command, &unknown));
        if !take_out(&mut argv, &unknown) || errors.len() >= UNKNOWN_MAX {
            return Err(Stop::Usage(errors));
        }
    }
}

fn unknown_option(command: &Command, unknown: &str) -> ArgumentError {
    let name = unknown.trim_start_matches('-');
    let commands = std::iter::once(command).chain(command.get_subcommands());
    let known: Vec<String> = commands
        .flat_map(Command::get_arguments)
        .filter_map(|a| a.get_long().map(str::to_owned))
        .collect();
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean `--{nearest}`?"),
        None => "--help lists the options".to_owned(),
    };
    ArgumentError::Other(format!("there is no option `{unknown}`\nhelp: {help}"))
}

/// Removes an option and what looks like its value.
fn take_out(argv: &mut Vec<String>, option: &str) -> bool {
    let with_value = format!("{option}=");
    let found = argv.iter().position(|word| word == option || word.starts_with(&with_value));
    let Some(at) = found else { return false };
    let word = argv.remove(at);
    let value =
        argv.get(at).is_some_and(|next| !next.starts_with('-') && !VERBS.contains(&next.as_str()));
    if word == option && option.starts_with("--") && value {
        argv.remove(at);
    }
    true
}

/// Clap's message without its colours, usage and hints about `--help`.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let lines: Vec<&str> =
        lines.filter(|line| !line.is_empty() && !line.starts_with("For more")).collect();
    lines.join(" ").trim_start_matches("error: ").replace("  ", " ")
}

fn choose<'a>(definitions: &[Definition], matches: &'a ArgMatches) -> (usize, &'a ArgMatches) {
    if definitions.len() == 1 {
        return (0, matches);
    }
    let (name, matches) = matches.subcommand().expect("clap requires a pipeline");
    let index = definitions.iter().position(|definition| definition.function == name);
    (index.expect("clap knows only the pipelines"), matches)
}

/// The subcommand, and the matches that also hold the options before it, which are global.
fn verb(matches: &ArgMatches) -> (Verb, &ArgMatches) {
    match matches.subcommand() {
        Some(("plan", matches)) => {
            let format = match matches.get_one::<String>("format").map(String::as_str) {
                Some("json") => Format::Json,
                Some("dot") => Format::Dot,
                Some("svg") => Format::Svg,
                _ => Format::Text,
            };
            match matches.get_one::<String>("diff") {
                Some(place) => (Verb::Diff(place.clone(), format), matches),
                None => (Verb::Plan(format), matches),
            }
        }
        Some(("savepoint", matches)) => (Verb::Ask(asked(Wish::Savepoint, matches)), matches),
        Some(("stop", matches)) => {
            let wish = if matches.get_flag("drain") { Wish::Drain } else { Wish::Stop };
            (Verb::Ask(asked(wish, matches)), matches)
        }
        Some((STATE, matches)) => {
            let (_, matches) = matches.subcommand().expect("clap requires it");
            (Verb::Inspect(inspection(matches)), matches)
        }
        Some(("checkpoints", matches)) => (Verb::Checkpoints, matches),
        Some((_, matches)) => (Verb::Run, matches),
        None => (Verb::Run, matches),
    }
}

fn asked(wish: Wish, matches: &ArgMatches) -> SavepointRequest {
    // The job may stand in another directory than whoever asks.
    let place = matches.get_one::<Place>("savepoint_dir").cloned();
    let savepoint_dir = place.map(Place::absolute);
    SavepointRequest { wish, savepoint_dir }
}

fn inspection(matches: &ArgMatches) -> Inspection {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    Inspection {
        place: text("savepoint").expect("clap requires it"),
        operator: text("operator"),
        key: text("key"),
        json: matches.get_flag("json"),
        limit: matches.get_one("limit").copied(),
    }
}

/// Where arguments come from.
struct Sources<'a> {
    definitions: &'a [Definition],
    chosen: &'a Definition,
    matches: &'a ArgMatches,
    environment: Environment<'a>,
}

type Read = (Arguments, Options, BTreeMap<String, OperatorSettings>);

impl Sources<'_> {
    /// With `builds` false, nothing is needed of the pipeline's own.
    fn arguments(
        &self,
        options: &[Parameter],
        builds: bool,
        errors: &mut Vec<ArgumentError>,
    ) -> Option<Read> {
        let file = self.file(options, errors);
        let own = if builds { self.chosen.flat_parameters() } else { Vec::new() };
        let layers = [
            self.command_line(&own),
            self.variables(&own),
            file.pipeline_args.get(self.chosen.function).cloned().unwrap_or_default(),
            self.known_to_this(file.args, &own),
        ];
        let arguments = keep(Arguments::collect(&own, &layers), errors);
        let general: Vec<&Parameter> = options.iter().filter(|p| p.name != CONFIG).collect();
        let layers = [self.command_line(&general), self.variables(&general), file.options];
        let general = keep(Arguments::collect(&general, &layers), errors)?;
        let options = match <Options as Args>::take(&general) {
            Ok(options) => options,
            Err(failure) => {
                errors.push(ArgumentError::Other(failure.to_string()));
                return None;
            }
        };
        Some((arguments?, options, file.operators))
    }

    fn command_line(&self, parameters: &[&Parameter]) -> Layer {
        let given = parameters.iter().filter_map(|parameter| {
            let values: Vec<String> =
                self.matches.get_many::<String>(parameter.name)?.cloned().collect();
            let origin = Origin::Option(parameter.option());
            Some((parameter.name.to_owned(), Given { values, origin }))
        });
        given.collect()
    }

    fn variables(&self, parameters: &[&Parameter]) -> Layer {
        let given = parameters.iter().filter_map(|parameter| {
            let variable = parameter.variable();
            let text = (self.environment)(&variable)?;
            let values = match parameter.arity() {
                Some(Arity::Many) => text.split(',').map(|part| part.trim().to_owned()).collect(),
                _ => vec![text],
            };
            Some((parameter.name.to_owned(), Given { values, origin: Origin::Variable(variable) }))
        });
        given.collect()
    }

    fn file(&self, options: &[Parameter], errors: &mut Vec<ArgumentError>) -> JobFile {
        let path = self
            .matches
            .get_many::<String>(CONFIG)
            .and_then(|mut paths| paths.next_back().cloned());
        let Some(path) = path.or_else(|| (self.environment)("THALWEG_CONFIG")) else {
            return JobFile::default();
        };
        let names: Vec<&str> =
            options.iter().map(|option| option.name).filter(|name| *name != CONFIG).collect();
        let pipelines: Vec<&str> =
            self.definitions.iter().map(|definition| definition.function).collect();
        JobFile::read(&PathBuf::from(path), &names, &pipelines).unwrap_or_else(|found| {
            errors.extend(found);
            JobFile::default()
        })
    }

    /// What is common to all pipelines without what only others take.
    fn known_to_this(&self, args: Layer, own: &[&Parameter]) -> Layer {
        let others: Vec<&Parameter> =
            self.definitions.iter().flat_map(Definition::flat_parameters).collect();
        let is_only_of_others = |name: &str| {
            others.iter().any(|p| p.name == name) && !own.iter().any(|p| p.name == name)
        };
        args.into_iter().filter(|(name, _)| !is_only_of_others(name)).collect()
    }
}

fn keep<T>(read: Result<T, ArgumentErrors>, errors: &mut Vec<ArgumentError>) -> Option<T> {
    read.map_err(|found| errors.extend(found.0)).ok()
}

#[cfg(test)]
mod tests;
