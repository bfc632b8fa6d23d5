//! Mutants of the package, each of which the named test must find.

use std::path::Path;

use super::tree::Folders;
use super::{PACKAGE, TESTS, library};
use crate::mutants::package::{MutatedPackage, PackageMutant};

/// The package with its mutants. Each test is a class with a test.
pub(crate) const MUTATED: MutatedPackage = MutatedPackage {
    folder: PACKAGE,
    copies: "swift",
    library: ("fh-uniffi", library::LIBRARY),
    mutants: MUTANTS,
};

/// The beginning of a failed assertion.
const FAILED: &str = " : XCTAssert";

const MUTANTS: &[PackageMutant] = &[
    PackageMutant {
        name: "a closed client calls the functions of its settings",
        file: "src/client.rs",
        find: "            self.callbacks.clear();\n",
        with: "",
        test: "LifetimeTests/testAClosedClientCallsNoFunctionOfTheProgram",
        found: "the functions are called",
    },
    PackageMutant {
        name: "a closed client keeps the functions that it was given later",
        file: "src/client.rs",
        find: "            self.registry.clear();\n",
        with: "",
        test: "LifetimeTests/testAClosedClientAndItsObjectsAreFreed",
        found: "not freed: [\"Client\"",
    },
    PackageMutant {
        name: "a registration does not end",
        file: "src/client.rs",
        find: "guarded((), || registered.cancel());",
        with: "guarded((), || registered.detach());",
        test: "FaceTests/testInterceptorsDecideWithinTheRead",
        found: FAILED,
    },
    PackageMutant {
        name: "a read that panics ends the program",
        file: "src/reads.rs",
        find: "$crate::panics::guarded(-1, || self.$field.boolean(key).map_or(-1, i8::from))",
        with: "{ if key == \"F\" { panic!(\"a mutant\") }; self.$field.boolean(key).map_or(-1, i8::from) }",
        test: "ValueTests/testValuesOfEachTypeReachTheProgram",
        found: "a mutant",
    },
    PackageMutant {
        name: "a text has no mark of its end",
        file: "src/reads.rs",
        find: "[text, \".\"].concat()",
        with: "text.to_string()",
        test: "ValueTests/testValuesOfEachTypeReachTheProgram",
        found: FAILED,
    },
    PackageMutant {
        name: "the last character of a text is taken for the mark of its end",
        file: "Sources/FeatureHub/Reader.swift",
        find: "String(Substring(marked.utf8.dropLast()))",
        with: "String(marked.dropLast())",
        test: "ValueTests/testValuesOfEachTypeReachTheProgram",
        found: FAILED,
    },
    PackageMutant {
        name: "the length of an attribute is in UTF-16",
        file: "Sources/FeatureHub/Internal/Packing.swift",
        find: "add(UInt32(truncatingIfNeeded: utf8.count))",
        with: "add(UInt32(truncatingIfNeeded: String(decoding: utf8, as: UTF8.self).utf16.count))",
        test: "ValueTests/testAttributesReachTheLibraryWithAllCharacters",
        found: FAILED,
    },
    PackageMutant {
        name: "the transport lets a proxy compress a stream with gzip",
        file: "Sources/FeatureHub/URLSessionTransport.swift",
        find: "let isStream = value(forHTTPHeaderField: \"Accept\") == \"text/event-stream\"",
        with: "let isStream = false",
        test: "TransportTests/testAnEventOfAStreamArrivesAtOnceWhateverTheFormOfTheBody",
        found: FAILED,
    },
    PackageMutant {
        name: "a body that is no gzip counts as a complete one",
        file: "Sources/FeatureHub/URLSessionTransport.swift",
        find: "        response.fail(response.hasHead ? .broken : failure(of: error, in: task), error.localizedDescription)\n",
        with: "        response.hasHead ? response.end() : response.fail(failure(of: error, in: task), error.localizedDescription)\n",
        test: "TransportTests/testBodiesOfAllFormsArriveOrAreProblems",
        found: "that is no gzip: Status",
    },
    PackageMutant {
        name: "a cancelled request keeps its connection",
        file: "Sources/FeatureHub/URLSessionTransport.swift",
        find: "queue.async { [task] in task.cancel() }",
        with: "queue.async { [task] in _ = task }",
        test: "TransportTests/testAResponseThatDoesNotBeginIsGivenUp",
        found: "the connection is still open",
    },
    PackageMutant {
        name: "a cancelled task goes on waiting",
        file: "Sources/FeatureHub/Internal/PendingOperation.swift",
        find: "        } onCancel: {\n            operation.cancel()\n",
        with: "        } onCancel: {\n",
        test: "ClientTests/testAWaitEndsWhenItsTaskIsCancelledBeforeItBeginsAndLater",
        found: "Exceeded timeout",
    },
    PackageMutant {
        name: "streams end before the last event of their client",
        file: "Sources/FeatureHub/Client.swift",
        find: "        _ = native.answer(\"close\")\n",
        with: "        reader.lifetime.end()\n        _ = native.answer(\"close\")\n",
        test: "ClientTests/testStreamsEndWithTheClientAndAfterIt",
        found: FAILED,
    },
    PackageMutant {
        name: "a model changes on the thread of the library",
        file: "Sources/FeatureHubModel/FeatureModel.swift",
        find: "Task { @MainActor in self?.changes += 1 }",
        with: "MainActor.assumeIsolated { self?.changes += 1 }",
        test: "ModelTests/testAModelNotifiesTheViewsThatHaveReadAFeature",
        found: "\"fh-listeners\" crashed",
    },
    PackageMutant {
        name: "a model and its listener keep each other",
        file: "Sources/FeatureHubModel/FeatureModel.swift",
        find: "onReadiness { [weak self] readiness in\n            Task { @MainActor in self?.readiness = readiness }",
        with: "onReadiness { readiness in\n            Task { @MainActor in self.readiness = readiness }",
        test: "LifetimeTests/testAModelThatIsForgottenIsFreed",
        found: "not freed",
    },
];

/// Applies each mutant in turn, and fails if a test does not find it.
pub(crate) fn run() -> Result<(), String> {
    let copy = MUTATED.write_copy(None)?;
    library::generate(&MUTATED.build_library(&copy)?, &copy)?;
    MUTATED.find_all(finds)
}

/// Returns true if the test of a mutant, which was applied to the copy, finds it.
fn finds(mutant: &PackageMutant, copy: &Path) -> Result<bool, String> {
    let folders = Folders::named("mutants-swift", copy.to_owned())?;
    library::install(&MUTATED.build_library(copy)?, &folders)?;
    let build = folders
        .swift_into_output("build --build-tests --quiet -Xlinker --allow-shlib-undefined")?;
    let (printed, outcome) = build.capture()?;
    outcome
        .map_err(|why| format!("{}: the mutant does not compile: {why}\n{printed}", mutant.name))?;
    let line =
        format!("test --skip-build --disable-swift-testing {TESTS} --filter {}", mutant.test);
    let (printed, outcome) = folders.swift_into_output(&line)?.capture()?;
    Ok(outcome.is_err() && printed.contains(mutant.found))
}
