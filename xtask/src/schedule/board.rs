//! The order of steps: which step each of two workers takes next.
//!
//! One worker builds, because builds share locks and use all cores. The other one installs, and runs what was built. When nothing is left to
//! build, both run.

use std::iter::successors;

use crate::part::{Company, Part, Stage};

/// A worker of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    Builder,
    Runner,
}

/// The next action of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The step of the part with this index.
    Take(usize, Stage),
    /// A step will be ready when another one ends.
    Wait,
    End,
}

/// The state of all parts.
pub(crate) struct Board<'parts> {
    parts: &'parts [Part],
    /// The next stage of each part; `None` for parts that ended.
    stages: Vec<Option<Stage>>,
    is_taken: Vec<bool>,
}

impl<'parts> Board<'parts> {
    pub(crate) fn new(parts: &'parts [Part]) -> Self {
        let stages = parts.iter().map(Part::first_stage).collect();
        Self { parts, stages, is_taken: vec![false; parts.len()] }
    }

    /// Takes the next step for a worker.
    pub(crate) fn take(&mut self, worker: Worker) -> Next {
        let first = |stage| (0..self.parts.len()).find(|part| self.is_ready(*part, stage));
        let found = match (worker, self.next_build()) {
            // Builds keep the order of the parts, because what is built first can run first. The next one may still be prepared.
            (Worker::Builder, Some(part)) => {
                self.is_ready(part, Stage::Build).then_some((part, Stage::Build))
            }
            (Worker::Builder, None) => first(Stage::Run).map(|part| (part, Stage::Run)),
            (Worker::Runner, _) => {
                let prepare = first(Stage::Prepare).map(|part| (part, Stage::Prepare));
                prepare.or_else(|| first(Stage::Run).map(|part| (part, Stage::Run)))
            }
        };
        if let Some((part, stage)) = found {
            self.set_taken(part, true);
            return Next::Take(part, stage);
        }
        let is_open = |part: usize| self.stage(part).is_some() && !self.is_last_alone(part);
        match (0..self.parts.len()).any(is_open) {
            true => Next::Wait,
            false => Next::End,
        }
    }

    /// Takes the next step of a part that runs alone, after the workers have ended.
    pub(crate) fn take_alone(&mut self) -> Option<usize> {
        let part = (0..self.parts.len()).find(|part| self.is_last_alone(*part))?;
        self.set_taken(part, true);
        Some(part)
    }

    /// Ends a step that was taken. A part whose step failed ends.
    pub(crate) fn end(&mut self, part: usize, stage: Stage, succeeded: bool) {
        let next = self.parts.get(part).and_then(|part| part.stage_after(stage));
        let next = next.filter(|_| succeeded);
        if let Some(slot) = self.stages.get_mut(part) {
            *slot = next;
        }
        self.set_taken(part, false);
    }

    /// Begins a part anew.
    pub(crate) fn restart(&mut self, part: usize) {
        let first = self.parts.get(part).and_then(Part::first_stage);
        if let Some(slot) = self.stages.get_mut(part) {
            *slot = first;
        }
    }

    pub(crate) fn has_ended(&self, part: usize) -> bool {
        self.stage(part).is_none()
    }

    /// Returns the steps that have not ended.
    pub(crate) fn open(&self) -> impl Iterator<Item = (&Part, Stage)> {
        self.parts.iter().zip(&self.stages).flat_map(|(part, stage)| {
            let stages = successors(*stage, |stage| part.stage_after(*stage));
            stages.map(move |stage| (part, stage))
        })
    }

    fn stage(&self, part: usize) -> Option<Stage> {
        self.stages.get(part).copied().flatten()
    }

    fn is_ready(&self, part: usize, stage: Stage) -> bool {
        let is_taken = self.is_taken.get(part).is_some_and(|taken| *taken);
        let is_built = stage != Stage::Run || self.is_built(part);
        self.stage(part) == Some(stage) && !is_taken && is_built && !self.is_last_alone(part)
    }

    /// Returns true unless another part is still to build what this part runs.
    fn is_built(&self, part: usize) -> bool {
        let builder = self.parts.get(part).and_then(|part| part.built_by);
        !self.parts.iter().zip(&self.stages).any(|(other, stage)| {
            Some(other.name) == builder && matches!(stage, Some(Stage::Prepare | Stage::Build))
        })
    }

    /// Returns true for a part whose last step is next and runs alone.
    fn is_last_alone(&self, part: usize) -> bool {
        let is_alone = self.parts.get(part).is_some_and(|part| part.company == Company::None);
        is_alone && self.stage(part) == Some(Stage::Run)
    }

    /// Returns the first part that is still to be built, also after it was prepared.
    fn next_build(&self) -> Option<usize> {
        self.parts.iter().zip(&self.stages).position(|(part, stage)| {
            matches!(stage, Some(Stage::Prepare | Stage::Build)) && part.build.is_some()
        })
    }

    fn set_taken(&mut self, part: usize, taken: bool) {
        if let Some(slot) = self.is_taken.get_mut(part) {
            *slot = taken;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Next::{End, Take, Wait};
    use Worker::{Builder, Runner};

    const fn nothing() -> Result<(), String> {
        Ok(())
    }

    #[test]
    fn one_part_builds_while_others_are_prepared_and_run() {
        let parts = [
            Part::new("lint").build(nothing),
            Part::new("tests").prepare(nothing).build(nothing).run(nothing),
            Part::new("documentation").build(nothing),
            Part::new("pages").run(nothing),
            Part::new("pace").run(nothing).alone(),
        ];
        let mut board = Board::new(&parts);
        assert_eq!(board.open().count(), 7);
        assert_eq!(board.take(Builder), Take(0, Stage::Build));
        assert_eq!(board.take(Runner), Take(1, Stage::Prepare));
        board.end(0, Stage::Build, true);
        assert_eq!(board.take(Builder), Wait, "the next build is being prepared");
        board.end(1, Stage::Prepare, true);
        assert_eq!(board.take(Builder), Take(1, Stage::Build));
        assert_eq!(board.take(Runner), Take(3, Stage::Run));
        board.end(3, Stage::Run, true);
        assert_eq!(board.take(Runner), Wait);
        board.end(1, Stage::Build, true);
        assert_eq!(board.open().count(), 3);
        assert_eq!(board.take(Builder), Take(2, Stage::Build));
        board.end(2, Stage::Build, true);
        assert_eq!(board.take(Builder), Take(1, Stage::Run), "nothing is left to build");
        assert_eq!(board.take(Runner), Wait);
        assert_eq!(board.take_alone(), Some(4));
        board.end(1, Stage::Run, true);
        assert_eq!((board.take(Builder), board.take(Runner)), (End, End));
        board.end(4, Stage::Run, true);
        assert_eq!((board.take_alone(), board.open().count()), (None, 0));
    }

    #[test]
    fn a_part_waits_for_the_part_that_builds_what_it_runs() {
        let parts = [
            Part::new("tests").build(nothing).run(nothing),
            Part::new("suite").run(nothing).built_by("tests"),
            Part::new("pages").run(nothing).built_by("a part that was not chosen"),
        ];
        let mut board = Board::new(&parts);
        assert_eq!(board.take(Builder), Take(0, Stage::Build));
        assert_eq!(board.take(Runner), Take(2, Stage::Run));
        board.end(2, Stage::Run, true);
        assert_eq!(board.take(Runner), Wait);
        // The part that waits runs also after a failed build, and says why it cannot run.
        board.end(0, Stage::Build, false);
        assert_eq!(board.take(Runner), Take(1, Stage::Run));
    }

    #[test]
    fn a_part_ends_with_its_first_failure() {
        let parts = [Part::new("tests").prepare(nothing).build(nothing).run(nothing)];
        for failing in [Stage::Prepare, Stage::Build, Stage::Run] {
            let mut board = Board::new(&parts);
            while let Take(part, stage) = match board.take(Runner) {
                Wait => board.take(Builder),
                taken => taken,
            } {
                board.end(part, stage, stage != failing);
                if stage == failing {
                    assert_eq!((board.take(Builder), board.take(Runner)), (End, End));
                }
            }
        }
    }
}
