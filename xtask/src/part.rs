//! Parts of a run, and the steps of which they consist.

/// A step of a part. The error says why it failed.
pub(crate) type Step = fn() -> Result<(), String>;

/// A part of a run: up to three steps, in this order.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// Installs what is missing. The error explains why the part cannot run on this machine.
    pub(crate) prepare: Option<Step>,
    /// Compiles and checks, on all cores. One part builds at a time.
    pub(crate) build: Option<Step>,
    /// Runs what was built, and mostly waits.
    pub(crate) run: Option<Step>,
    pub(crate) company: Company,
    /// The name of the part that builds what this part runs.
    pub(crate) built_by: Option<&'static str>,
}

/// The steps that may run beside the last step of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    Any,
    /// None, because the part judges how fast something happens.
    None,
}

/// The name of a step of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Prepare,
    Build,
    Run,
}

impl Part {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, prepare: None, build: None, run: None, company: Company::Any, built_by: None }
    }

    pub(crate) const fn prepare(self, step: Step) -> Self {
        Self { prepare: Some(step), ..self }
    }

    pub(crate) const fn build(self, step: Step) -> Self {
        Self { build: Some(step), ..self }
    }

    pub(crate) const fn run(self, step: Step) -> Self {
        Self { run: Some(step), ..self }
    }

    /// Runs after another part has built, if that is a part of the run.
    pub(crate) const fn built_by(self, part: &'static str) -> Self {
        Self { built_by: Some(part), ..self }
    }

    /// Lets nothing run beside the last step.
    pub(crate) const fn alone(self) -> Self {
        Self { company: Company::None, ..self }
    }

    pub(crate) fn step(&self, stage: Stage) -> Option<Step> {
        match stage {
            Stage::Prepare => self.prepare,
            Stage::Build => self.build,
            Stage::Run => self.run,
        }
    }

    /// Returns the first stage for which the part has a step.
    pub(crate) fn first_stage(&self) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| self.step(*stage).is_some())
    }

    /// Returns the next stage after this one for which the part has a step.
    pub(crate) fn stage_after(&self, stage: Stage) -> Option<Stage> {
        let later = Stage::ALL.into_iter().skip_while(move |other| *other != stage).skip(1);
        later.into_iter().find(|stage| self.step(*stage).is_some())
    }
}

impl Stage {
    const ALL: [Self; 3] = [Self::Prepare, Self::Build, Self::Run];
}

/// Returns the parts with these names, in their own order; all parts if there are no names.
///
/// # Errors
/// There is no part with one of the names.
pub(crate) fn chosen(mut parts: Vec<Part>, names: &[String]) -> Result<Vec<Part>, String> {
    if let Some(unknown) = names.iter().find(|name| !parts.iter().any(|part| part.name == **name)) {
        let known: Vec<&str> = parts.iter().map(|part| part.name).collect();
        return Err(format!("there is no part `{unknown}`; there are: {}", known.join("; ")));
    }
    parts.retain(|part| names.is_empty() || names.iter().any(|name| *name == part.name));
    Ok(parts)
}
