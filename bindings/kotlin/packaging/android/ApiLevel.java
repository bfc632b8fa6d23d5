import java.io.File;
import java.io.FileInputStream;
import java.util.List;
import java.util.Set;
import org.codehaus.mojo.animal_sniffer.SignatureChecker;
import org.codehaus.mojo.animal_sniffer.logging.PrintWriterLogger;

/** Prints each use of a class or a method that a version of Android lacks: SIGNATURE CLASSES. */
class ApiLevel {
    public static void main(String[] arguments) throws Exception {
        var others = Set.of("fh.client.*", "kotlin.*", "kotlinx.*", "okhttp3.*", "okio.*");
        var signature = new FileInputStream(arguments[0]);
        var checker = new SignatureChecker(signature, others, new PrintWriterLogger(System.out));
        checker.setSourcePath(List.of());
        checker.process(new File(arguments[1]));
        if (checker.isSignatureBroken()) {
            System.exit(1);
        }
    }
}
