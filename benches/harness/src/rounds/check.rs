use crate::workload::{Email, ROLLOUT_PERCENT, Shape, Workload, users};

use crate::rounds::engine::{All, Engine};
use crate::rounds::hot::{Column, Suite};

/// The result of checking one engine.
pub struct Checked {
    /// The row of the tables.
    pub row: &'static str,
    /// The number of the 256 users for whom W2's flag is on, by the engine's own hash.
    pub rollout: usize,
    /// The number of compared values, both payload variants together.
    pub compared: usize,
}

/// Compares the values of every flag for every user. Rollouts are compared as well, so the engine must use FeatureHub's
/// hash.
///
/// # Errors
/// The error names the first wrong value.
pub fn check<E: Engine>(suite: &Suite) -> Result<Checked, String> {
    verify::<E>(suite, true)
}

/// Checks an engine with a hash of its own. As [`check`], but only the share of rollouts is compared.
///
/// # Errors
/// The error names the first wrong value, or a share that is not the rollout's.
pub fn check_share<E: Engine>(suite: &Suite) -> Result<Checked, String> {
    verify::<E>(suite, false)
}

fn verify<E: Engine>(suite: &Suite, same_hash: bool) -> Result<Checked, String> {
    let mut checked = Checked { row: E::NAME, rollout: 0, compared: 0 };
    let key = suite.key(Column::W2).ok_or("W2 has a flag")?;
    for email in [Email::Regex, Email::Suffix] {
        let Some(engine) = suite.load::<E>(email)? else {
            continue;
        };
        compare(&engine, suite.payload(email), same_hash, &mut checked.compared)?;
        let flag = engine.flag(key);
        checked.rollout =
            users().iter().filter(|user| engine.is_on(&flag, &engine.context(user))).count();
        let share = checked.rollout * 100 / 256;
        let wanted = usize::from(ROLLOUT_PERCENT);
        if !(wanted - 6..=wanted + 6).contains(&share) {
            return Err(format!("{}: {share} % of the users are in a {wanted} % rollout", E::NAME));
        }
    }
    if checked.compared == 0 {
        return Err(format!("{}: nothing could be compared", E::NAME));
    }
    Ok(checked)
}

fn compare<E: Engine>(
    engine: &E,
    payload: &Workload,
    same_hash: bool,
    compared: &mut usize,
) -> Result<(), String> {
    let flags: Vec<_> = payload.flags.iter().map(|flag| (flag, engine.flag(&flag.key))).collect();
    for user in users() {
        let context = engine.context(&user);
        let mut on = 0;
        for (flag, named) in &flags {
            let answer = engine.is_on(named, &context);
            on += usize::from(answer);
            if !same_hash && flag.shape == Shape::Rollout {
                continue;
            }
            *compared += 1;
            if answer != flag.answer(&user) {
                return Err(format!(
                    "{}: {} ({:?}, {:?}) is {answer} for {user:?}",
                    E::NAME,
                    flag.key,
                    flag.shape,
                    payload.email
                ));
            }
        }
        if E::ALL != All::Singly && engine.all(&context) != on {
            return Err(format!(
                "{}: all flags at once: {} are on instead of {on}",
                E::NAME,
                engine.all(&context)
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::workload::User;

    use super::*;
    use crate::rounds::floors::{BoxedByKey, FlatByHandle};

    /// The floor with a wrong value of one flag for users of one plan.
    struct Liar(BoxedByKey);

    impl Engine for Liar {
        type Context = (<BoxedByKey as Engine>::Context, bool);
        type Flag = String;
        const NAME: &'static str = "liar";

        fn render(workload: &Workload) -> Option<String> {
            BoxedByKey::render(workload)
        }
        fn load(payload: String) -> Result<Self, String> {
            BoxedByKey::load(payload).map(Self)
        }
        fn flag(&self, key: &str) -> String {
            key.to_owned()
        }
        fn context(&self, user: &User) -> Self::Context {
            (self.0.context(user), user.plan == "team")
        }
        fn is_on(&self, flag: &String, (context, team): &Self::Context) -> bool {
            self.0.is_on(flag, context) != (*team && flag == "feature_000777")
        }
    }

    #[test]
    fn both_layouts_answer_as_expected() {
        let suite = Suite::default();
        let checked = [check::<BoxedByKey>(&suite), check::<FlatByHandle>(&suite)];
        for checked in checked {
            assert_eq!(checked.map(|checked| checked.compared), Ok(2 * 256 * 1000));
        }
    }

    #[test]
    fn one_wrong_answer_is_found() {
        let error = check::<Liar>(&Suite::default()).err();
        assert!(error.is_some_and(|error| error.contains("feature_000777")));
    }
}
