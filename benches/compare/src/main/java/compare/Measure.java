package compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The time between the end of the warm-up and the last record, and the answer's checksum. */
public final class Measure {
    private static long rows;
    private static long xor;
    private static long warmNanos;
    private static int warmReaders;
    private static long endNanos;

    private Measure() {}

    /** A reader has emitted its share of the warm-up; the clock starts at the mean of all of them. */
    public static synchronized void warm() {
        warmNanos += System.nanoTime() / 1000;
        warmReaders++;
    }

    /** A sink has seen the end of its input. */
    public static synchronized void ended(long count, long hash) {
        add(count, hash);
        endNanos = Math.max(endNanos, System.nanoTime() / 1000);
    }

    /** Rows of an operator that answers in place of the sink. */
    public static synchronized void add(long count, long hash) {
        rows += count;
        xor ^= hash;
    }

    public static synchronized double seconds() {
        return (endNanos - (double) warmNanos / Math.max(1, warmReaders)) / 1e6;
    }

    public static synchronized String checksum() {
        return String.format("%d:%016x", rows, xor);
    }

    /** The greatest resident memory so far, in MiB. */
    public static long peakMib() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                return Long.parseLong(line.replaceAll("\\D+", "")) / 1024;
            }
        }
        return -1;
    }
}
