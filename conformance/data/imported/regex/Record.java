// Reads lines of a pattern and texts, each in base64 and separated by blanks; answers, for each line, `error` or one letter a
// text: `y` or `n` for Matcher.matches, then for Matcher.find.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

public class Record {
    private static String text(String encoded) throws Exception {
        return new String(Base64.getDecoder().decode(encoded.substring(1)), "UTF-8");
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        System.out.println(System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split(" ");
            StringBuilder whole = new StringBuilder();
            StringBuilder search = new StringBuilder();
            try {
                Pattern pattern = Pattern.compile(text(parts[0]));
                for (int at = 1; at < parts.length; at++) {
                    whole.append(pattern.matcher(text(parts[at])).matches() ? 'y' : 'n');
                    search.append(pattern.matcher(text(parts[at])).find() ? 'y' : 'n');
                }
                System.out.println(whole + " " + search);
            } catch (PatternSyntaxException error) {
                System.out.println("error");
            }
        }
    }
}
