//! `hangar`: loads aircraft from the command line. Exit code 1: it may not fly; 2: the command was wrong.

mod commands;

use std::env;
use std::process::ExitCode;

use commands::Stop;

const USAGE: &str = "\
Usage: hangar COMMAND

  fleet                   the aircraft, what they carry and how far
  check AIRCRAFT FILE     the load sheet of a load list, and whether it may fly
  route AIRCRAFT KM...    whether every leg is within range
  --version               prints the version";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(said) => {
            println!("{}", said.trim_end());
            ExitCode::SUCCESS
        }
        Err(Stop::Grounded(why)) => {
            println!("{}", why.trim_end());
            ExitCode::from(1)
        }
        Err(Stop::Misused(why)) => {
            eprintln!("hangar: {why}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<String, Stop> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--version" | "-V"] => Ok(concat!("hangar ", env!("CARGO_PKG_VERSION")).to_owned()),
        ["--help" | "-h"] => Ok(USAGE.to_owned()),
        ["fleet"] => Ok(commands::fleet()),
        ["check", aircraft, file] => commands::check(aircraft, file),
        ["route", aircraft, ref legs @ ..] if !legs.is_empty() => commands::route(aircraft, legs),
        _ => Err(Stop::Misused("there is no such command".to_owned())),
    }
}
