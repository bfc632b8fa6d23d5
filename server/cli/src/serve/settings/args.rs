//! The flags of all settings, generated from their table.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::setting::{Form, Setting};
use super::table::SETTINGS;

/// The texts of the flags that were given, before they are parsed.
#[derive(Clone, Default)]
pub(crate) struct SettingArgs {
    pub(crate) flags: BTreeMap<&'static str, Vec<String>>,
}

impl Args for SettingArgs {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| command.arg(flag(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(setting: &'static Setting) -> Arg {
    let property = setting.property.map(|property| format!("; {}", property.name));
    let names = format!("{}{}", setting.variable(), property.unwrap_or_default());
    let default = match setting.default_words().as_str() {
        "" => String::new(),
        words => format!(" [default: {words}]"),
    };
    let brief = setting.short;
    // A default in words is too long for a line.
    let short_default = if setting.default.is_none() { &*default } else { "" };
    let arg = Arg::new(setting.name)
        .long(setting.name)
        .help_heading(setting.group.title())
        .help(format!("{}{short_default}", brief.unwrap_or(setting.help)))
        .hide_short_help(brief.is_none())
        .long_help(format!("{}{default} [{names}]", setting.help));
    match setting.form {
        Form::One(value) => arg.value_name(value),
        Form::Many(value) | Form::Lines(value) => arg.value_name(value).action(ArgAction::Append),
        Form::Switch => arg
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
    }
}

impl FromArgMatches for SettingArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut args = Self::default();
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for setting in &SETTINGS {
            if let Some(texts) = matches.get_many::<String>(setting.name) {
                self.flags.insert(setting.name, texts.cloned().collect());
            }
        }
        Ok(())
    }
}
