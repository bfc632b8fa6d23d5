package fh.client;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TimeZone;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** The values of the table of attributes that a program in Java has. */
final class AttributeValues {
    enum Plan { GOLD }

    private AttributeValues() {}

    /** Returns the values of a row, of each class that Java has for them. */
    static List<Object> of(String kind, String given) {
        switch (kind) {
            case "text": return List.of(given, new StringBuilder(given));
            case "boolean": return List.of(Boolean.valueOf(given));
            case "integer":
            case "integer of 64 bits": {
                long number = Long.parseLong(given);
                return List.of(number, new AtomicLong(number), OptionalLong.of(number), BigInteger.valueOf(number));
            }
            case "integer of any size": return List.of(new BigInteger(given));
            case "double": {
                // Java has another word for the infinite.
                double number = Double.parseDouble(given);
                return List.of(number, OptionalDouble.of(number));
            }
            case "float": return List.of(Float.valueOf(given));
            case "decimal": return List.of(new BigDecimal(given));
            case "time": {
                OffsetDateTime time = OffsetDateTime.parse(given);
                Calendar calendar = Calendar.getInstance(TimeZone.getTimeZone("Asia/Tokyo"));
                calendar.setTime(Date.from(time.toInstant()));
                return List.of(time, time.toInstant(), time.toZonedDateTime(), java.sql.Timestamp.from(time.toInstant()), calendar);
            }
            case "time without a zone": return List.of(OffsetDateTime.parse(given).toLocalDateTime());
            case "time of day": return List.of(LocalTime.parse(given));
            case "duration": return List.of(Duration.ofSeconds(Long.parseLong(given)));
            case "date": return List.of(LocalDate.parse(given));
            case "UUID": return List.of(UUID.fromString(given));
            case "URL": return List.of(URI.create(given));
            case "member of an enumeration": return List.of(Plan.valueOf(given.toUpperCase()));
            case "nothing": return Arrays.asList(null, Optional.empty(), OptionalInt.empty());
            case "optional text": return List.of(Optional.of(given));
            case "mixed list": return List.of(List.of("a", OptionalInt.of(1), true, 2.5), new Object[] {"a", 1, true, 2.5});
            case "list of nothing": return List.of(Collections.singletonList(null));
            case "list in a list": return List.of(List.of(List.of(given)));
            case "set": return List.of(new LinkedHashSet<>(List.of(given.split(","))));
            case "map": return List.of(Map.of("a", 1));
            case "sequence": return List.of(Stream.of(given), List.of(given).iterator());
            case "object": return List.of(new Object());
            default: throw new AssertionError("there is no value for " + kind);
        }
    }
}
