package notifications

// Channel is a way by which a notification reaches its owner.
type Channel string

// The channels. This service itself shows what is in the app; the others are named in the event notification.created for whoever delivers.
const (
	InApp Channel = "IN_APP"
	Email Channel = "EMAIL"
	Push  Channel = "PUSH"
)

// Channels lists every channel in the order in which they are shown.
func Channels() []Channel { return []Channel{InApp, Email, Push} }

// Preference is an owner's choice for one kind on one channel.
type Preference struct {
	Kind    Kind
	Channel Channel
	Enabled bool
}

// EnabledByDefault tells what holds where the owner has made no choice: everything in the app, nothing elsewhere.
func (c Channel) EnabledByDefault() bool { return c == InApp }

// Preferences completes an owner's choices with the defaults: one for every kind and channel, in the order of Kinds and Channels.
func Preferences(choices []Preference) []Preference {
	chosen := make(map[Preference]bool, len(choices))
	for _, c := range choices {
		chosen[Preference{Kind: c.Kind, Channel: c.Channel}] = c.Enabled
	}
	all := make([]Preference, 0, len(Kinds())*len(Channels()))
	for _, kind := range Kinds() {
		for _, channel := range Channels() {
			enabled, made := chosen[Preference{Kind: kind, Channel: channel}]
			if !made {
				enabled = channel.EnabledByDefault()
			}
			all = append(all, Preference{Kind: kind, Channel: channel, Enabled: enabled})
		}
	}
	return all
}

// ChannelsFor returns the channels that are enabled for a kind, given the owner's choices.
func ChannelsFor(kind Kind, choices []Preference) []Channel {
	var channels []Channel
	for _, p := range Preferences(choices) {
		if p.Kind == kind && p.Enabled {
			channels = append(channels, p.Channel)
		}
	}
	return channels
}
