package compare;

/** What the keyed counts read, and what q2 writes. */
public class KeyAndTime {
    public long key;
    public long time;

    public KeyAndTime() {}
}
