//! The group `eval.generated`: drawn cases on whose answers two evaluators agree.

use std::collections::BTreeSet;
use std::fmt;

use fh_test::generators::{Case as Drawn, Choices, context_to_json};

use crate::agreement::{Disagreement, Pair, question};
use crate::case::{Answer, Profile};
use crate::data::version::sha256;
use crate::data::{DataError, Schemas};
use crate::json::{Json, quoted};
use crate::target::Broken;

/// The name of the group.
pub const GROUP: &str = "eval.generated";
/// The name under which messages and reports show the cases.
pub const PATH: &str = "vectors/generated/evaluation.json";
/// The seed of the group.
pub const SEED: u64 = 0x5EED_0001;
/// The number of cases.
pub const COUNT: usize = 2_000;
/// The SHA-256 digest of the text for this seed. It changes with the generators and with the answers.
pub const DIGEST: &str = "6b49d5f9e76e324f83189d02c89269917e92ec15a131bfb4b3025bf5e44b3374";

/// Maximum length of a case in bytes. Longer cases are not kept, because people read them, too.
const LONGEST: usize = 900;

/// The reason why no cases were drawn.
#[derive(Debug)]
pub enum Stopped {
    /// The two evaluators disagree on this case.
    Disagreement(Box<Disagreement>),
    /// An evaluator gave no answer.
    Broken(Broken),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Disagreement(found) => write!(f, "the two evaluators disagree: {found}"),
            Stopped::Broken(broken) => broken.fmt(f),
        }
    }
}

/// Returns the text of the group's cases.
///
/// # Errors
/// If the evaluators disagree on a drawn case, or if the digest is another one.
pub fn drawn(schemas: &Schemas) -> Result<String, DataError> {
    let text = write(SEED, COUNT, schemas).map_err(|stopped| DataError::in_file(PATH, stopped))?;
    let digest = sha256(text.as_bytes());
    if digest == DIGEST {
        return Ok(text);
    }
    Err(DataError::in_file(PATH, format!("the drawn cases have the digest {digest}")))
}

/// Returns the text of a file with the cases for a seed. It has `count` different cases to which engine and reference give the same answers in both
/// profiles.
///
/// # Errors
/// The first disagreement, shrunk, or an evaluator that gave no answer.
pub fn write(seed: u64, count: usize, schemas: &Schemas) -> Result<String, Stopped> {
    let mut oracles = Pair::default();
    let mut choices = Choices::seeded(seed);
    let mut seen = BTreeSet::new();
    let mut lines = Vec::with_capacity(count);
    while lines.len() < count {
        let drawn = Drawn::draw(&mut choices);
        if drawn.to_string().len() > LONGEST || !seen.insert(drawn.to_string()) {
            continue;
        }
        for profile in Profile::ALL {
            let found = oracles.compare_drawn(profile, &drawn);
            // The generated cases contain no trace, so a difference in the trace alone does not matter.
            if let Some(found) = found.filter(|found| found.parts != ["trace"]) {
                return Err(Stopped::Disagreement(Box::new(found.shrunk(&mut oracles))));
            }
        }
        let case = case(lines.len() + 1, &drawn, &mut oracles, schemas).map_err(Stopped::Broken)?;
        lines.push(format!("    {case}"));
    }
    Ok(format!(
        "{{\n  \"$schema\": \"../../schema/vectors-1.schema.json\",\n  \"format\": 1,\n  \"group\": \
         \"{GROUP}\",\n  \"title\": \"Drawn cases on which two evaluators that share no code \
         agree\",\n  \"generated\": {{ \"generator\": \"fh-generators {}\", \"seed\": \
         \"{seed:#010X}\", \"count\": {count}, \"oracles\": [\"fh-eval\", \
         \"fh-reference-featurehub\"] }},\n  \"cases\": [\n{}\n  ]\n}}\n",
        env!("CARGO_PKG_VERSION"),
        lines.join(",\n")
    )
    .replace("\"0X", "\"0x"))
}

fn case(
    number: usize,
    drawn: &Drawn,
    oracles: &mut Pair,
    schemas: &Schemas,
) -> Result<String, Broken> {
    let feature = drawn.feature.to_json();
    let question = question(&feature, &drawn.context);
    let [client, edge] = [Profile::Client, Profile::Edge].map(|profile| {
        let answer = oracles.answer(profile, &question);
        answer.map(|answer| Answer { bucket: None, trace: None, ..answer }.to_json().to_string())
    });
    let (client, edge) = (client?, edge?);
    let expect = if client == edge {
        client
    } else {
        format!("{{\"$profile\":{{\"client\":{client},\"edge\":{edge}}}}}")
    };
    // A feature that a correct server cannot send must be written as text.
    let payload = if schemas.is_well_formed_feature(&feature) {
        format!("\"features\":{}", question.payload)
    } else {
        format!("\"payload_text\":{}", quoted(&question.payload))
    };
    let reads_clock = drawn.feature.strategies.elements().iter().any(|strategy| {
        strategy.rules.elements().iter().any(|rule| rule.field.eq_ignore_ascii_case("now"))
    });
    let (clock, requires) = if reads_clock {
        (format!(",\"clock\":\"{CLOCK}\""), "[\"clock.fixed\"]")
    } else {
        (String::new(), "[]")
    };
    Ok(format!(
        "{{\"id\":\"gen.{number:04}\",\"title\":\"drawn case {number}\",{payload},\"feature\":\"F\",\
         \"type\":{},\"context\":{},\"default\":{}{clock},\"expect\":{expect},\"tier\":0,\
         \"requires\":{requires},\"since\":\"1.0\",\"rev\":1}}",
        Json::from(question.kind.name()),
        context_to_json(&drawn.context),
        question.default,
    ))
}

/// The clock of cases that read it. It equals the time of cases without `clock`.
const CLOCK: &str = "2030-03-17T17:46:40Z";

#[cfg(test)]
mod tests {
    use super::CLOCK;
    use crate::clock::{DEFAULT_NOW_MS, rfc3339_ms};

    #[test]
    fn the_clock_is_the_one_the_oracles_saw() {
        assert_eq!(rfc3339_ms(CLOCK), Some(DEFAULT_NOW_MS));
    }
}
