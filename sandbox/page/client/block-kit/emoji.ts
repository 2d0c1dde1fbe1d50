/** The shortcodes that an operations channel uses. One that is not here stays as it was written. */
const table =
  'red_circle 🔴 large_orange_circle 🟠 orange_circle 🟠 large_yellow_circle 🟡 yellow_circle 🟡 large_green_circle 🟢 green_circle 🟢 large_blue_circle 🔵 blue_circle 🔵 ' +
  'large_purple_circle 🟣 white_circle ⚪ black_circle ⚫ large_red_square 🟥 large_orange_square 🟧 large_yellow_square 🟨 large_green_square 🟩 large_blue_square 🟦 ' +
  'white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎ question ❓ grey_question ❔ exclamation ❗ bangbang ‼️ warning ⚠️ ' +
  'no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 construction 🚧 rotating_light 🚨 sos 🆘 hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ timer_clock ⏲️ alarm_clock ⏰ ' +
  'watch ⌚ clock1 🕐 clock2 🕑 clock3 🕒 calendar 📆 date 📅 spiral_calendar_pad 🗓️ arrow_up ⬆️ arrow_down ⬇️ arrow_left ⬅️ arrow_right ➡️ arrow_upper_right ↗️ ' +
  'arrow_lower_right ↘️ arrows_counterclockwise 🔄 leftwards_arrow_with_hook ↩️ arrow_right_hook ↪️ rewind ⏪ fast_forward ⏩ pause_button ⏸️ double_vertical_bar ⏸️ ' +
  'black_square_for_stop ⏹️ arrow_forward ▶️ eyes 👀 eye 👁️ +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 wave 👋 raised_hands 🙌 clap 👏 pray 🙏 muscle 💪 ' +
  'point_right 👉 point_left 👈 point_up ☝️ point_down 👇 raised_hand ✋ handshake 🤝 writing_hand ✍️ smile 😄 smiley 😃 grinning 😀 slightly_smiling_face 🙂 blush 😊 wink 😉 ' +
  'joy 😂 sweat_smile 😅 thinking_face 🤔 neutral_face 😐 confused 😕 worried 😟 disappointed 😞 cry 😢 sob 😭 scream 😱 sleeping 😴 zzz 💤 tired_face 😫 ' +
  'exploding_head 🤯 face_with_monocle 🧐 sunglasses 😎 partying_face 🥳 upside_down_face 🙃 shrug 🤷 facepalm 🤦 tada 🎉 confetti_ball 🎊 sparkles ✨ star ⭐ fire 🔥 boom 💥 ' +
  'zap ⚡ bulb 💡 rocket 🚀 ship 🚢 package 📦 wrench 🔧 hammer 🔨 hammer_and_wrench 🛠️ gear ⚙️ nut_and_bolt 🔩 link 🔗 paperclip 📎 pushpin 📌 round_pushpin 📍 bookmark 🔖 ' +
  'label 🏷️ memo 📝 pencil ✏️ pencil2 ✏️ page_facing_up 📄 page_with_curl 📃 clipboard 📋 books 📚 book 📖 notebook 📓 file_folder 📁 open_file_folder 📂 card_index_dividers 🗂️ ' +
  'chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 moneybag 💰 dollar 💵 credit_card 💳 coin 🪙 bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 speech_balloon 💬 ' +
  'telephone_receiver 📞 phone ☎️ iphone 📱 pager 📟 email 📧 envelope ✉️ incoming_envelope 📨 inbox_tray 📥 outbox_tray 📤 computer 💻 desktop_computer 🖥️ floppy_disk 💾 ' +
  'cd 💿 electric_plug 🔌 battery 🔋 satellite_antenna 📡 globe_with_meridians 🌐 earth_americas 🌎 lock 🔒 unlock 🔓 key 🔑 closed_lock_with_key 🔐 shield 🛡️ bug 🐛 ghost 👻 ' +
  'robot_face 🤖 skull 💀 bomb 💣 ambulance 🚑 fire_engine 🚒 hospital 🏥 stethoscope 🩺 pill 💊 thermometer 🌡️ mag 🔍 mag_right 🔎 microscope 🔬 test_tube 🧪 ' +
  'broom 🧹 wastebasket 🗑️ recycle ♻️ infinity ♾️ information_source ℹ️ new 🆕 up 🆙 ok 🆗 cool 🆒 free 🆓 id 🆔 100 💯 heart ❤️ green_heart 💚 yellow_heart 💛 blue_heart 💙 ' +
  'broken_heart 💔 coffee ☕ tea 🍵 beers 🍻 pizza 🍕 cake 🍰 trophy 🏆 medal 🏅 checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️ busts_in_silhouette 👥 ' +
  'bust_in_silhouette 👤 technologist 🧑‍💻 male-technologist 👨‍💻 female-technologist 👩‍💻 firefighter 🧑‍🚒 sunny ☀️ cloud ☁️ rain_cloud 🌧️ tornado 🌪️ snowflake ❄️ ocean 🌊 ' +
  'full_moon 🌕 crescent_moon 🌙 night_with_stars 🌃 sunrise 🌅 turtle 🐢 snail 🐌 rabbit2 🐇 whale 🐳 octopus 🐙 one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣';

const words = table.split(' ');
const symbols = new Map<string, string>();
for (let index = 0; index + 1 < words.length; index += 2) symbols.set(words[index]!, words[index + 1]!);

export function emojiOf(name: string): string | undefined {
  return symbols.get(name);
}
