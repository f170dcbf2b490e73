package compare;

import java.nio.file.Path;
import java.util.Locale;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Runs one query on an embedded cluster and prints one line of JSON, as the {@code nexmark} binary does.
 *
 * <p>{@code Main QUERY PARALLELISM EVENTS WARM_UP}: events in all, of which so many come before the clock starts. With
 * {@code -Dmanaged=256m} state is in RocksDB, which has that much managed memory, below the directory {@code -Dwork=}, and
 * is saved incrementally every five seconds.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        String query = arguments[0];
        int parallelism = Integer.parseInt(arguments[1]);
        long events = Long.parseLong(arguments[2]);
        long warmUp = Long.parseLong(arguments[3]);
        Configuration configuration = new Configuration();
        configuration.setString("pipeline.generic-types", "false");
        configuration.setString("pipeline.object-reuse", "true");
        configuration.setString("restart-strategy.type", "none");
        String managed = System.getProperty("managed");
        configuration.setString("state.backend.type", managed == null ? "hashmap" : "rocksdb");
        configuration.setString("taskmanager.memory.managed.size", managed == null ? "128m" : managed);
        if (managed != null) {
            Path work = Path.of(System.getProperty("work")).toAbsolutePath();
            configuration.setString("state.backend.rocksdb.localdir", work.resolve("rocksdb").toString());
            configuration.setString("execution.checkpointing.storage", "filesystem");
            configuration.setString("execution.checkpointing.dir", work.resolve("checkpoints").toUri().toString());
            configuration.setString("execution.checkpointing.incremental", "true");
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(parallelism, configuration);
        if (managed != null) {
            env.enableCheckpointing(5000);
        }
        new Queries(env, events, warmUp).build(query);
        env.execute(query);
        double seconds = Measure.seconds();
        System.out.printf(
                Locale.ROOT,
                "{\"query\":\"%s\",\"engine\":\"flink\",\"events\":%d,\"parallelism\":%d,\"seconds\":%.6f,"
                        + "\"events_per_s\":%.0f,\"checksum\":\"%s\",\"rss_mb\":%d}%n",
                query, events - warmUp, parallelism, seconds, (events - warmUp) / seconds, Measure.checksum(),
                Measure.peakMib());
        System.out.flush();
        // The embedded cluster's threads would keep the process alive for seconds.
        Runtime.getRuntime().halt(0);
    }
}
