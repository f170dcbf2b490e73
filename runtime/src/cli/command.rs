//! The command line as clap knows it.
//!
//! ```text
//!   one pipeline:       ./job [run|plan|checkpoints] OPTIONS    several:   ./job PIPELINE [run|..] OPTIONS
//! ```
//! `run` may be left out. Options may stand before or after the subcommand.

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};

use crate::checkpoint::store::Place;
use crate::job::{Arity, Definition, Parameter};

/// Builds the command line of a binary called `name`. What looks at saved state has options of its own, which a pipeline's
/// parameters may be called like: it does not know them.
pub(crate) fn command(
    name: &str,
    definitions: &[Definition],
    options: &[Parameter],
    knows_parameters: bool,
) -> Command {
    let root = Command::new(name.to_owned()).disable_help_subcommand(true);
    match definitions {
        [only] => pipeline(root, only, options, knows_parameters),
        several => {
            let pipelines = several
                .iter()
                .map(|it| pipeline(Command::new(it.function), it, options, knows_parameters));
            root.about(format!(
                "{} pipelines; choose one. PIPELINE --help lists its parameters.",
                several.len()
            ))
            .subcommand_value_name("PIPELINE")
            .subcommand_help_heading("Pipelines")
            .subcommand_required(true)
            .subcommands(pipelines)
        }
    }
}

fn pipeline(
    command: Command,
    definition: &Definition,
    options: &[Parameter],
    knows_parameters: bool,
) -> Command {
    let about = match definition.doc {
        "" => definition.name,
        doc => doc,
    };
    let summary = about.lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
    let mut parameters = definition.flat_parameters();
    parameters.retain(|_| knows_parameters);
    let arguments = parameters.iter().map(|parameter| argument(parameter, "Parameters"));
    command
        .about(summary)
        .long_about(about.to_owned())
        .disable_help_subcommand(true)
        .args(arguments)
        .args(options.iter().map(|option| argument(option, "Options of every job")))
        .after_help(
            "Every option can also be given as THALWEG_NAME in the environment, or in the file that --config names.",
        )
        .subcommand(Command::new("run").about("Run the job in this process (the default)"))
        .subcommand(
            Command::new("savepoint")
                .about("Ask the job that runs from --checkpoint-dir for a savepoint; it goes on")
                .arg(savepoint_dir().required(true)),
        )
        .subcommand(
            Command::new("stop")
                .about("Stop the job that runs from --checkpoint-dir, with a checkpoint")
                .arg(savepoint_dir())
                .arg(
                    Arg::new("drain")
                        .long("drain")
                        .action(ArgAction::SetTrue)
                        .help("End it as if there were no more input: windows fire"),
                ),
        )
        .subcommand(
            Command::new("checkpoints").about("List the checkpoints in --checkpoint-dir"),
        )
        .subcommand(
            Command::new("plan").about("Print what would run, without running it").arg(
                Arg::new("format")
                    .long("format")
                    .value_parser(["text", "json", "dot", "svg"])
                    .default_value("text")
                    .help("How to print it"),
            )
            .arg(
                Arg::new("diff")
                    .long("diff")
                    .value_name("SAVEPOINT")
                    .help("Say what would become of a savepoint or checkpoint in this job"),
            ),
        )
        .subcommand(state())
}

fn state() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let inspect = Command::new("inspect")
        .about("List the operators of a savepoint or checkpoint directory, or the entries of one")
        .arg(Arg::new("savepoint").value_name("SAVEPOINT").required(true))
        .arg(option("operator", "ID", "Show the entries of this operator"))
        .arg(
            option("key", "KEY", "Only those of this key; tuples and records as JSON")
                .requires("operator"),
        )
        .arg(
            option("limit", "NUMBER", "So many entries at most")
                .value_parser(clap::value_parser!(u64)),
        )
        .arg(
            Arg::new("json").long("json").action(ArgAction::SetTrue).help("A JSON object per line"),
        );
    Command::new("state")
        .about("Look at what is saved")
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand(inspect)
}

fn savepoint_dir() -> Arg {
    let help = "The directory in which a savepoint is made, or a URL as of --checkpoint-dir";
    let argument = Arg::new("savepoint_dir").long("savepoint-dir").value_name("DIRECTORY");
    argument.help(help).value_parser(Place::parse)
}

/// One option. What it means is checked later, together with all others, so clap only takes the text.
fn argument(parameter: &Parameter, heading: &'static str) -> Arg {
    let option = parameter.option();
    let argument = Arg::new(parameter.name)
        .long(option.clone())
        .global(true)
        .help_heading(heading)
        .help(help(parameter))
        .action(ArgAction::Append)
        .allow_negative_numbers(true);
    let argument = if option == parameter.name { argument } else { argument.alias(parameter.name) };
    match parameter.arity() {
        Some(Arity::Flag) => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .hide_possible_values(true)
            .value_name("BOOL"),
        _ => argument.value_name(value_name(parameter)),
    }
}

fn help(parameter: &Parameter) -> StyledStr {
    let mut notes = Vec::new();
    match (parameter.default, parameter.arity()) {
        (Some(default), _) => notes.push(format!("default: {default}")),
        (None, Some(Arity::One)) => notes.push("required".to_owned()),
        (None, Some(Arity::Many)) => notes.push("may be repeated".to_owned()),
        _ => {}
    }
    let notes = if notes.is_empty() { String::new() } else { format!("[{}]", notes.join(", ")) };
    let text = [parameter.doc, &notes].map(str::trim);
    text.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ").into()
}

/// What stands for the value in the help: the type, without what only says how often it is given.
fn value_name(parameter: &Parameter) -> String {
    if parameter.is_secret() {
        return "env:NAME|file:PATH".to_owned();
    }
    let text = parameter.type_text;
    let inner =
        ["Option<", "Vec<"].iter().find_map(|outer| text.strip_prefix(outer)?.strip_suffix('>'));
    inner.unwrap_or(text).rsplit("::").next().unwrap_or(text).to_owned()
}
