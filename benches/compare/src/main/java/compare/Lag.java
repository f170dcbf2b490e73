package compare;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/** Follows the greatest timestamp by 1001 ms, at most every 200 ms of event time. */
public final class Lag implements WatermarkGenerator<Event> {
    private static final long LAG = 1001;
    private static final long PERIOD = 200;

    private long greatest = Long.MIN_VALUE + LAG + PERIOD;
    private long emitted = greatest;

    @Override
    public void onEvent(Event event, long time, WatermarkOutput output) {
        if (time > greatest) {
            greatest = time;
            if (time >= emitted + PERIOD) {
                emitted = time;
                output.emitWatermark(new Watermark(time - LAG));
            }
        }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {}
}
