package compare;

/** What the keyed counts by text read. */
public class TextAndTime {
    public String key;
    public long time;

    public TextAndTime() {}
}
